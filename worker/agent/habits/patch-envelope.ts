// A patch as models wrap it: in a heredoc of the shell, in a fence, or with words around it.

const PATCH = /\*\*\* Begin Patch[\s\S]*?\n\*\*\* End Patch/;
const IN_SHELL =
  /^\s*(?:cd\s+(?:"([^"]+)"|'([^']+)'|([^\s;&|]+))\s*&&\s*)?(?:apply_patch|applypatch)\s*<<-?\s*(['"]?)(\w+)\4[ \t]*\n([\s\S]*?)\n\s*\5\s*$/;

/** The patch within a text that also has a heredoc, a fence or a command around it; the text where there is none. */
export function barePatch(text: string): string {
  const found = text.match(new RegExp(PATCH, 'g'));
  return found?.length === 1 ? (found[0] ?? text) : text;
}

/**
 * The patch of a command line that does nothing but call `apply_patch` with a heredoc. Null for any other line,
 * and where it changes into another folder first: the paths of the patch would be meant from there.
 */
export function patchInShell(command: string): string | null {
  const found = IN_SHELL.exec(command);
  if (found === null) return null;
  const [, quoted, single, plain] = found;
  const folder = quoted ?? single ?? plain ?? '.';
  const body = found[6] ?? '';
  return /^(?:\.\/?|\/work\/repo\/?)$/.test(folder) && PATCH.test(body) ? barePatch(body) : null;
}
