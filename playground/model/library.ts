// The recordings that the server knows: read from folders at the start, added at run time by tests.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Script } from './script.ts';
import { parseScript, ScriptError } from './script.ts';

/** The recordings for the sample repo. */
export const bundledScriptsDir = fileURLToPath(new URL('./scripts', import.meta.url));

/** Reads every `.yaml` file under the folders; throws a ScriptError that names file and place. */
export async function loadScripts(dirs: readonly string[]): Promise<Script[]> {
  const scripts: Script[] = [];
  for (const dir of dirs) {
    for (const file of await scriptFilesIn(dir)) {
      scripts.push(parseScript(await readFile(file, 'utf8'), file));
    }
  }
  const names = new Set<string>();
  for (const { name } of scripts) {
    if (names.has(name)) {
      throw new ScriptError(name, 'two scripts have this name');
    }
    names.add(name);
  }
  return scripts;
}

/** The scripts in the order in which they are tried: added ones first, then the more specific ones. */
export class ScriptLibrary {
  readonly #bundled: readonly Script[];
  #added: readonly Script[] = [];

  constructor(bundled: readonly Script[]) {
    this.#bundled = bundled.toSorted(bySpecificity);
  }

  /** Adds a script before all others; one of the same name is replaced. */
  add(script: Script): void {
    this.#added = [script, ...this.#added.filter(({ name }) => name !== script.name)].toSorted(bySpecificity);
  }

  /** Forgets the scripts that were added. */
  reset(): void {
    this.#added = [];
  }

  inOrder(): readonly Script[] {
    return [...this.#added, ...this.#bundled];
  }
}

function bySpecificity(left: Script, right: Script): number {
  return (
    right.priority - left.priority ||
    Number(right.system_matches !== undefined) - Number(left.system_matches !== undefined) ||
    (right.match?.source.length ?? 0) - (left.match?.source.length ?? 0)
  );
}

async function scriptFilesIn(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { recursive: true });
    return entries
      .filter((entry) => /\.ya?ml$/.test(entry))
      .sort()
      .map((entry) => join(dir, entry));
  } catch {
    throw new ScriptError(dir, 'this folder of scripts cannot be read');
  }
}
