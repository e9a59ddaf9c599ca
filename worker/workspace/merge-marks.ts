// Marks in the sandbox which commit of the default branch an agent merged into its working tree.

/** The ref with the merged commit. */
export const MERGED_REF = 'refs/threadsmith/merged';

/**
 * Shell lines that set the ref to the commit that the agent merged, committed or not. The worker trusts it only as far
 * as the mirror's history agrees.
 */
export function rememberMerge(defaultBranch: string): string {
  const upstream = `'refs/remotes/origin/${quoted(defaultBranch)}'`;
  return [
    'merged=$(git rev-parse -q --verify MERGE_HEAD || true)',
    `if [ -z "$merged" ] && git merge-base --is-ancestor ${upstream} HEAD; then merged=$(git rev-parse ${upstream}); fi`,
    `if [ -n "$merged" ]; then git update-ref ${MERGED_REF} "$merged"; fi`,
  ].join('\n');
}

/** A shell line that prints the ref that `rememberMerge` set. */
export const TELL_MERGE = `echo "merged $(git rev-parse -q --verify ${MERGED_REF} || echo nothing)"`;

/** Makes a text safe between single quotes in a shell line. */
export function quoted(text: string): string {
  return text.replaceAll("'", `'\\''`);
}
