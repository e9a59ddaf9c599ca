// Reads the arguments of `npm run agent`.
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ThreadsmithError } from '../../core/errors.ts';
import { newSessionId } from '../../core/session.ts';

export const USAGE = `npm run agent -- --repo PATH [options] "request"

Lets the agent work on a repo in a sandbox, without Slack, and prints its change as a diff.
The committed state of the repo's current branch is what it works on; the repo itself is not touched.

  --repo PATH      the repo, or a git URL
  --run NAME       keep the run under this name: the same request continues it, another one follows up
  --answer TEXT    the answer to the agent's question
  --max-steps N    end after so many steps (default: as in threadsmith.yaml)
  --max-minutes N  end after so many minutes (default: as in threadsmith.yaml)
  --help           say this

Progress goes to standard error and the diff to standard output. It ends with 0 where the agent finished, with 3
where it was stopped, asked something or ran out of its budget, and with 1 where it failed.

The model is named by OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and OPENAI_API, or by
ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL and ANTHROPIC_MODEL.`;

export interface TerminalArguments {
  readonly request: string;
  readonly repo: { readonly name: string; readonly url: string };
  readonly run: string;
  /** The sandbox stays for the next request of the run. */
  readonly keep: boolean;
  readonly answer: string | null;
  readonly maxSteps: number | null;
  readonly maxMinutes: number | null;
}

/** Parses the arguments. Throws `config_invalid` with the usage as the advice. */
export function readArguments(args: readonly string[]): TerminalArguments {
  const { values, positionals } = parse(args);
  const request = positionals.join(' ').trim();
  if (values.repo === undefined) throw wrong('--repo is missing.');
  if (request === '') throw wrong('The request is missing.');
  if (values.run !== undefined && !/^[a-z0-9][a-z0-9-]{0,39}$/.test(values.run)) {
    throw wrong('--run takes up to 40 small letters, digits and dashes.');
  }
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\/|^[\w.-]+@[\w.-]+:/i.test(values.repo);
  const url = isUrl ? values.repo : resolve(values.repo);
  const name = basename(url)
    .replace(/\.git$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 60);
  return {
    request,
    repo: { name: name === '' ? 'repo' : name, url },
    run: values.run ?? newSessionId(),
    keep: values.run !== undefined,
    answer: values.answer ?? null,
    maxSteps: wholeNumber('--max-steps', values['max-steps']),
    maxMinutes: wholeNumber('--max-minutes', values['max-minutes']),
  };
}

/** Throws `config_invalid` where a path is meant and no repo is there, neither a working copy nor a bare one. */
export function requireRepo({ repo }: Pick<TerminalArguments, 'repo'>): void {
  if (!isAbsolute(repo.url)) return;
  if (existsSync(join(repo.url, '.git')) || existsSync(join(repo.url, 'HEAD'))) return;
  throw new ThreadsmithError(
    'config_invalid',
    `There is no git repo at ${repo.url}.`,
    'Give --repo the top folder of a repo, or its URL.',
  );
}

/** Whether the arguments only ask for the usage. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === '--help' || arg === '-h');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        repo: { type: 'string' },
        run: { type: 'string' },
        answer: { type: 'string' },
        'max-steps': { type: 'string' },
        'max-minutes': { type: 'string' },
      },
    });
  } catch (thrown) {
    throw wrong(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw wrong(`${name} takes a whole number above 0, not ${text}.`);
}

function wrong(message: string): ThreadsmithError {
  return new ThreadsmithError('config_invalid', message, `Usage: ${USAGE}`);
}
