// Looks up the names of the people that a text mentions.
import type { Directory } from '../slack/directory.ts';

/** Names for these people, as far as Slack knows them. */
export async function namesOf(
  directory: Directory,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = await Promise.all(userIds.map(async (id) => [id, await directory.nameOf(id)] as const));
  return new Map(names);
}
