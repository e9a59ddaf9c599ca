// Writes every state of every message as JSON, to a file or to standard output: `node scripts/gallery.ts [FILE]`.
import { writeFileSync } from 'node:fs';
import { galleryStates } from './gallery/states.ts';

const json = `${JSON.stringify(galleryStates(), null, 2)}\n`;
const file = process.argv[2];
if (file === undefined) process.stdout.write(json);
else writeFileSync(file, json);
