// `npm run eval:judge`: how well the rules, and any configured model as the second judge, tell the changes of
// the labelled set apart. One JSON line per figure; what was judged wrongly goes to standard error.
import { readEnvironment } from '../../core/config/config.ts';
import { chooseModel } from '../../worker/model/choose-model.ts';
import { createModel } from '../../worker/model/create-model.ts';
import type { Model } from '../../worker/model/model.ts';
import { serverInEnvironment } from '../../worker/model/server-address.ts';
import { describe } from '../../worker/review/finding.ts';
import { judge } from '../../worker/review/judge.ts';
import { findingsIn } from '../../worker/review/review.ts';
import { type LabelledChange, readLabelled } from './labelled.ts';
import { type Outcome, scoreOf } from './score.ts';

const AT_ONCE = 4;

interface Verdict extends Outcome {
  readonly change: LabelledChange;
  readonly reasons: readonly string[];
}

async function main(): Promise<void> {
  const labelled = readLabelled('judge');
  const heldOut = readLabelled('held-out');
  print('rules', labelled.map(byRules));
  print('rules, held out', heldOut.map(byRules));
  const model = await modelOf();
  if (model === null) {
    process.stderr.write(
      'No model was asked: set OPENAI_API_KEY or OPENAI_BASE_URL, and OPENAI_MODEL for another one.\n',
    );
    return;
  }
  print(model.name, await allByModel(model, labelled));
  print(`${model.name}, held out`, await allByModel(model, heldOut));
}

async function allByModel(model: Model, labelled: readonly LabelledChange[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let at = 0; at < labelled.length; at += AT_ONCE) {
    verdicts.push(
      ...(await Promise.all(labelled.slice(at, at + AT_ONCE).map((change) => byModel(model, change)))),
    );
  }
  return verdicts;
}

function byRules(change: LabelledChange): Verdict {
  const findings = findingsIn(change.diff);
  return {
    change,
    expected: change.rule !== null,
    found: findings.length > 0,
    reasons: findings.map(describe),
  };
}

async function byModel(model: Model, change: LabelledChange): Promise<Verdict> {
  const { request, diff } = change;
  const about = { request, summary: '(not said)', hints: findingsIn(diff).map(describe), diff };
  const { verdict, reasons } = await judge(model, about, new AbortController().signal);
  // No verdict lets a change through, so it counts as that.
  return { change, expected: change.label !== 'in-scope', found: verdict === 'fail', reasons };
}

function print(judge: string, verdicts: readonly Verdict[]): void {
  for (const { change, expected, found, reasons } of verdicts) {
    if (expected === found) continue;
    const what = expected ? 'let through' : 'refused';
    process.stderr.write(
      `${judge} ${what}: [${change.label}] ${change.name}${reasons.map((reason) => `\n    ${reason}`).join('')}\n`,
    );
  }
  const labels = [...new Set(verdicts.map(({ change }) => change.label))];
  for (const label of labels) {
    const right = verdicts.filter(
      ({ change, expected, found }) => change.label === label && expected === found,
    );
    const cases = verdicts.filter(({ change }) => change.label === label).length;
    process.stdout.write(`${JSON.stringify({ judge, label, cases, right: right.length })}\n`);
  }
  process.stdout.write(`${JSON.stringify({ judge, ...scoreOf(verdicts) })}\n`);
}

async function modelOf(): Promise<Model | null> {
  const server = serverInEnvironment(readEnvironment(process.env));
  return server === null
    ? null
    : createModel({ ...server, name: server.model ?? (await chooseModel(server)) });
}

await main();
