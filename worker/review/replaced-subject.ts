// Finds tests that mock the code they are about. Mocks of that code's dependencies are fine: only code that the test
// itself calls, or that its file is named after, counts.
import { basename } from 'node:path';
import { type DiffFile, type DiffLine, hunksOf } from './diff.ts';
import type { LoweredClaim } from './lowered-claims.ts';
import { isNamedAsTest, isTest } from './test-words.ts';

const SENTENCE = 'A test replaces the code that it is about.';

/** Clocks, randomness, the console and the network, which tests mock with good reason. */
const MACHINE =
  /^(?:Date|Math|console|global|globalThis|window|document|process|performance|crypto|time|datetime|random|os|sys|uuid|socket|Time|Kernel|Random|SecureRandom)$/;

/** A mock of a whole module. One that keeps parts of the module does not count, because the test may be about those. */
const MODULE =
  /\b(?:vi|jest)\.(?:mock|doMock|unstable_mockModule)\(\s*['"`]([^'"`]+)['"`]|\bmock\.module\(\s*['"`]([^'"`]+)['"`]/;
const PARTLY = /importActual|requireActual|importOriginal|\boriginal\b/;

/** A mock of a whole class, or of any instance of it. */
const CLASS =
  /\bmock\(\s*(\w+)(?:\.class|::class)|\bmock<(\w+)>|\b(?:allow|expect)_any_instance_of\(\s*([\w:]+)|\binstance_double\(\s*['"]?([\w:]+)|\bMock<(\w+)>\(/;

/** A mock of one function, with its owner and its name. */
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

/** Whether an added line was not merely moved. */
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

/** The function that a line mocks. */
function memberIn(text: string): { readonly owner: string; readonly name: string } | null {
  for (const pattern of MEMBERS) {
    const { owner, name } = pattern.exec(text)?.groups ?? {};
    if (owner !== undefined && name !== undefined) return { owner, name };
  }
  return null;
}

/** Whether the test itself calls the function, alone or as a member of its owner. */
function isCalled(owner: string, name: string, hunk: readonly DiffLine[]): boolean {
  const owned = `(?:(?<![\\w.])|\\b${owner.split('.').at(-1) ?? ''}\\.)${name}`;
  const call = new RegExp(`(?<!\\b(?:def|function|func|fun) )${owned}\\s*\\(|\\bexpect\\(${owned}\\)`);
  return hunk.some(
    ({ kind, text }) => kind !== 'removed' && call.test(text) && memberIn(text)?.name !== name,
  );
}

/** Whether the test's file is named after the module or class. */
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
