// Tests that put something else in the place of the code they are about, and then find that it answers as they
// told it to. What the code works with may be replaced: only what is itself called or named by the test counts.
import { basename } from 'node:path';
import { type DiffFile, type DiffLine, hunksOf } from './diff.ts';
import type { LoweredClaim } from './lowered-claims.ts';
import { isNamedAsTest, isTest } from './test-words.ts';

const SENTENCE = 'A test replaces the code that it is about.';

/** The machine, not the repo: clocks, chance, the console and the network are replaced with good reason. */
const MACHINE =
  /^(?:Date|Math|console|global|globalThis|window|document|process|performance|crypto|time|datetime|random|os|sys|uuid|socket|Time|Kernel|Random|SecureRandom)$/;

/** A module in whole; where the rest of it is kept, the test may well be about that. */
const MODULE =
  /\b(?:vi|jest)\.(?:mock|doMock|unstable_mockModule)\(\s*['"`]([^'"`]+)['"`]|\bmock\.module\(\s*['"`]([^'"`]+)['"`]/;
const PARTLY = /importActual|requireActual|importOriginal|\boriginal\b/;

/** A class in whole: a mock of it, or answers for any instance. */
const CLASS =
  /\bmock\(\s*(\w+)(?:\.class|::class)|\bmock<(\w+)>|\b(?:allow|expect)_any_instance_of\(\s*([\w:]+)|\binstance_double\(\s*['"]?([\w:]+)|\bMock<(\w+)>\(/;

/** One function: its owner where there is one, and its name. */
const MEMBERS: readonly RegExp[] = [
  /\bspyOn\(\s*(?<owner>[\w.]+)\s*,\s*['"`](?<name>\w+)['"`]\s*\)\s*\.mock(?:Return|Resolved|Rejected|Implementation)/,
  /\b(?:sinon|sandbox)\.(?:stub|replace)\(\s*(?<owner>[\w.]+)\s*,\s*['"`](?<name>\w+)['"`]/,
  /\bmock\.method\(\s*(?<owner>[\w.]+)\s*,\s*['"`](?<name>\w+)['"`]\s*,/,
  /\b(?:patch|setattr)\(\s*['"](?<owner>[\w.]+)\.(?<name>\w+)['"]/,
  /\b(?:patch\.object|setattr)\(\s*(?<owner>[\w.]+)\s*,\s*['"](?<name>\w+)['"]/,
  /\ballow\(\s*(?<owner>[\w.]+)\s*\)\.to\s+receive\(\s*:(?<name>\w+)/,
];

/** At most one finding for each hunk of a test. */
export function replacedSubjects(files: readonly DiffFile[]): readonly LoweredClaim[] {
  return files
    .filter((file) => isTest(file.path))
    .flatMap((file) =>
      hunksOf(file).flatMap((hunk) => {
        const line = hunk.find((candidate) => isNew(candidate, hunk) && replaces(candidate, hunk, file.path));
        return line === undefined ? [] : [{ file, line, sentence: SENTENCE }];
      }),
    );
}

/** Not merely moved or formatted anew. */
function isNew(line: DiffLine, hunk: readonly DiffLine[]): boolean {
  if (line.kind !== 'added') return false;
  return !hunk.some(({ kind, text }) => kind === 'removed' && text.trim() === line.text.trim());
}

function replaces({ text }: DiffLine, hunk: readonly DiffLine[], path: string): boolean {
  const module = MODULE.exec(text);
  if (module !== null && !PARTLY.test(text)) return isSubject(module[1] ?? module[2] ?? '', path);
  const [, ...classes] = CLASS.exec(text) ?? [];
  const name = classes.find((found) => found !== undefined);
  if (name !== undefined && isSubject(name.split('::').at(-1) ?? '', path)) return true;
  const member = memberIn(text);
  return member !== null && !MACHINE.test(member.owner) && isCalled(member.owner, member.name, hunk);
}

/** The function that a line replaces. */
function memberIn(text: string): { readonly owner: string; readonly name: string } | null {
  for (const pattern of MEMBERS) {
    const { owner, name } = pattern.exec(text)?.groups ?? {};
    if (owner !== undefined && name !== undefined) return { owner, name };
  }
  return null;
}

/** Whether the test itself calls it, rather than code that it tests: alone, or as what belongs to its owner. */
function isCalled(owner: string, name: string, hunk: readonly DiffLine[]): boolean {
  const owned = `(?:(?<![\\w.])|\\b${owner.split('.').at(-1) ?? ''}\\.)${name}`;
  const call = new RegExp(`(?<!\\b(?:def|function|func|fun) )${owned}\\s*\\(|\\bexpect\\(${owned}\\)`);
  return hunk.some(
    ({ kind, text }) => kind !== 'removed' && call.test(text) && memberIn(text)?.name !== name,
  );
}

/** Whether a module or class has the name that the test's file is called after. */
function isSubject(name: string, path: string): boolean {
  if (!isNamedAsTest(path)) return false;
  const subject = plain(
    basename(path)
      .replace(/^test_/, '')
      .replace(/(?:[._-](?:test|tests|spec|cy|e2e)|(?:Test|Tests|IT|Spec))?\.\w+$/, ''),
  );
  const parts = name.split('/').map((part) => plain(part.replace(/\.[cm]?[jt]sx?$/, '')));
  const last = parts.at(-1) === 'index' ? parts.at(-2) : parts.at(-1);
  return subject !== '' && last === subject;
}

function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase();
}
