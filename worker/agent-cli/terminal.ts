// Shows a run of the agent to a person in the terminal.

import type { ThreadsmithError } from '../../core/errors.ts';
import type { EventBody } from '../../core/event.ts';
import type { AgentOutcome } from '../agent/task.ts';

const MARKS = { pending: '[ ]', in_progress: '[>]', complete: '[x]' } as const;

export interface Terminal {
  /** A line of progress, dimmed where the terminal can. */
  note(line: string): void;
  /** The model's text as it is written. */
  text(delta: string): void;
  event(event: EventBody): void;
  outcome(outcome: AgentOutcome): void;
}

/** Shows the run by `write`; `styled` says that the terminal understands colours. */
export function openTerminal(write: (text: string) => void, styled: boolean): Terminal {
  const dim = (text: string): string => (styled ? `\u001b[2m${text}\u001b[22m` : text);
  // Text comes in pieces, everything else in lines: a line never begins in the middle of one.
  let inText = false;
  const line = (text: string): void => {
    write(`${inText ? '\n' : ''}${text}\n`);
    inText = false;
  };
  return {
    note: (text) => line(dim(text)),
    text: (delta) => {
      write(delta);
      inText = !delta.endsWith('\n');
    },
    event: (event) => {
      switch (event.type) {
        case 'tool.started':
          return line(dim(`  … ${event.summary}`));
        case 'tool.finished':
          return line(dim(`  ${event.ok ? '✓' : '✗'} ${event.summary} (${seconds(event.durationMs)})`));
        case 'plan.updated':
          return event.steps.forEach((step) => line(`  ${MARKS[step.status]} ${step.title}`));
        case 'phase.progress':
          return line(dim(`  ${event.detail}`));
        default:
          return;
      }
    },
    outcome: (outcome) => {
      const { steps, inputTokens, cachedTokens, outputTokens, durationMs } = outcome.usage;
      const tokens = `${inputTokens} tokens in (${cachedTokens} cached), ${outputTokens} out`;
      line(dim(`${steps} steps, ${tokens}, ${seconds(durationMs)}`));
      if (outcome.kind === 'budget_spent')
        line(`The budget of ${outcome.what} is spent before the work is done.`);
    },
  };
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** The error's text for a terminal, where the same command does what the advice says of a reply in the thread. */
export function inTerminal({ message, advice }: ThreadsmithError): string {
  const words = advice
    .replace(/\breply in the thread(?: to try again)?/g, 'run it again')
    .replace(/\bReply in the thread(?: to try again)?/g, 'Run it again');
  return `${message}\n${words}`;
}
