// Adds the rules of a folder to the result of the first call that touches something in it. So the rules are in the
// journal, and a worker that takes the turn over does not add them again.
import type { ConversationEntry } from '../../core/journal.ts';
import type { RepoGuide, RepoRules } from './tools/repo-guide.ts';

/** The text to add to a result: the rules around these paths that the conversation does not hold yet. */
export async function newRules(
  guide: RepoGuide,
  paths: readonly string[],
  conversation: readonly ConversationEntry[],
): Promise<string> {
  if (paths.length === 0) return '';
  const around = await guide.rulesAround(paths);
  return around
    .filter(
      (rules) => !conversation.some((entry) => entry.kind === 'tool_result' && holds(entry.output, rules)),
    )
    .map((rules) => `\n\n${opening(rules)}\n${rules.text}\n</rules>`)
    .join('');
}

function holds(output: string, rules: RepoRules): boolean {
  return output.includes(opening(rules));
}

function opening({ path }: RepoRules): string {
  return `<rules from="${path.replaceAll('"', '')}" note="of this repo, for everything in this folder">`;
}
