// Answers to the slash command; only the person who gave it sees them.
import type { Actor } from '../../core/rights/authority.ts';
import { fit, textLines } from '../fit/fit.ts';
import { ACTION, COMMAND } from '../parts/actions.ts';
import { actions, button, compact, type FittedMessage } from '../parts/message.ts';
import { bold, code, link, list, paragraph, richText, section, withCode, words } from '../parts/rich.ts';
import { count, oneLine } from '../rules/text.ts';
import { lineMessage } from './line.ts';
import { type ListedSession, sessionInWords, sessionLine } from './sessions.ts';

const COMMANDS: readonly (readonly [string, string])[] = [
  ['new', 'opens a form that starts work in this channel'],
  ['list', 'shows your sessions, what waits for you first'],
  ['stop', 'stops what you have at work in this channel'],
  ['config', 'says which repos there are and who may do what'],
  ['whoami', 'says who you are to me and what you may do'],
  ['help', 'shows this'],
];

const IN_THREADS =
  'In a thread: a reply is the next request, `aside: …` is not for me, and `stop` stops me; `mute` leaves replies to the people. The 🧵 reaction on a message hands it to me.';
const OPTIONS =
  'In your words, if you like: `repo=…` `branch=…` `model=…` `×3`, “plan first” or “read only”.';

export function helpMessage(botName: string): FittedMessage {
  const intro = `Mention ${botName} with what you need, or use:`;
  return fit({
    text: textLines(intro, ...COMMANDS.map(([name, does]) => `${COMMAND} ${name}: ${does}`)),
    blocks: [
      richText(
        section(words(intro)),
        list(COMMANDS.map(([name, does]) => section(code(`${COMMAND} ${name}`), words(` ${does}`)))),
        section(withCode(IN_THREADS)),
        section(withCode(OPTIONS)),
      ),
    ],
  });
}

export function sessionsMessage(sessions: readonly ListedSession[]): FittedMessage {
  if (sessions.length === 0) return lineMessage([words('You have no sessions yet.')]);
  return fit({
    text: textLines(...sessions.map(sessionInWords)),
    blocks: [richText(list(sessions.map((session) => section(sessionLine(session)))))],
  });
}

/** Asks which of several requests at work should stop. */
export function whichToStop(sessions: readonly ListedSession[]): FittedMessage {
  return fit({
    text: textLines(`${count(sessions.length, 'request')} of yours are at work here. Which one should stop?`),
    blocks: sessions.flatMap((session) => [
      paragraph(sessionLine(session)),
      actions(
        button({
          actionId: ACTION.stop,
          value: session.turnId,
          text: `Stop ${oneLine(session.title, 40)}`,
        }),
      ),
    ]),
  });
}

export function stoppingMessage(session: ListedSession): FittedMessage {
  const title = oneLine(session.title, 100) || 'this request';
  return lineMessage([words('Stopping: '), [link(session.url, title)]]);
}

export interface ConfigOptions {
  readonly repos: readonly { readonly name: string; readonly description: string }[];
  /** The repo of requests in this channel; null where a person is asked for it. */
  readonly here: string | null;
  /** Models that a request may name. */
  readonly models: readonly string[];
  readonly may: readonly { readonly act: string; readonly who: string }[];
}

export function configMessage({ repos, here, models, may }: ConfigOptions): FittedMessage {
  const hereLine =
    here === null ? 'Requests in this channel: I ask for the repo.' : `Requests in this channel: ${here}.`;
  const names = repos.slice(0, 50);
  return fit({
    text: textLines(hereLine, `Repos: ${names.map(({ name }) => name).join(', ')}.`),
    blocks: compact(
      paragraph(words(hereLine)),
      richText(
        section(bold('Repos')),
        list(
          names.map(({ name, description }) =>
            section(code(name, 60), words(description === '' ? '' : ` ${oneLine(description, 200)}`)),
          ),
        ),
        ...(models.length === 0
          ? []
          : [section(bold('Models')), list(models.slice(0, 30).map((name) => section(code(name, 60))))]),
        section(bold('Who may')),
        list(may.map(({ act, who }) => section(bold(act), words(`: ${oneLine(who, 1_000)}`)))),
      ),
    ),
  });
}

export function whoamiMessage(actor: Actor, rights: readonly string[]): FittedMessage {
  const mail = actor.email === null ? 'no e-mail address that I can see' : actor.email;
  const kind = actor.isMember ? 'a full member of this workspace' : 'a guest or from another organisation';
  const can =
    rights.length === 0 ? 'You may look on.' : `You may ${rights.join(', ').replace(/, (?=\w+$)/, ' and ')}.`;
  return lineMessage([words(`${oneLine(actor.name, 80)} (${actor.id}), ${mail}, ${kind}. ${can}`)]);
}
