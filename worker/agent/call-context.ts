// What the tool calls of one run work with: the sandbox, one browser, and child agents.
import type { PageDriver } from '../../sandbox/port/browser.ts';
import { killSignal } from './abort.ts';
import { runChild } from './child.ts';
import type { AgentOutcome, AgentTask } from './task.ts';
import type { ToolContext } from './tools/tool.ts';

export interface ContextOptions {
  readonly task: AgentTask;
  readonly remainingMs: () => number;
  readonly stepsLeft: () => number;
  /** Runs the task of a child agent. */
  readonly run: (task: AgentTask) => Promise<AgentOutcome>;
}

/** Makes the contexts of calls. All calls of a run share its browser, which is opened when it is first needed. */
export function callContexts({
  task,
  remainingMs,
  stepsLeft,
  run,
}: ContextOptions): (callKey: string, resumed: boolean) => ToolContext {
  const { sandbox, artifacts, keyPrefix } = task;
  const signal = killSignal(task.signal);
  let browser: Promise<PageDriver> | undefined;
  const openBrowser = (): Promise<PageDriver> => {
    browser ??= task.openBrowser();
    // A browser that did not open is opened again with the next call.
    browser.catch(() => (browser = undefined));
    return browser;
  };
  return (callKey, resumed) => ({
    sandbox,
    artifacts,
    callKey,
    resumed,
    signal,
    openBrowser,
    remainingMs: remainingMs(),
    report: (event) => task.report(event),
    shellName: keyPrefix === undefined ? 'shell' : `shell-${keyPrefix}`,
    delegate: (wanted) =>
      runChild(run, task, { ...wanted, callKey, remainingMs: remainingMs(), stepsLeft: stepsLeft() }),
  });
}
