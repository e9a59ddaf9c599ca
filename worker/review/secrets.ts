// Finds credentials that a change adds, by their shape or by their randomness. A finding never repeats the value.
import { added, type DiffFile } from './diff.ts';
import type { Finding } from './finding.ts';

interface Shape {
  readonly name: string;
  readonly pattern: RegExp;
}

const SHAPES: readonly Shape[] = [
  { name: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})\b/ },
  { name: 'a GitLab token', pattern: /\bglpat-[\w-]{20,}/ },
  { name: 'a Slack token', pattern: /\bxox[abeoprs]-[\w-]{10,}|\bxapp-\d-[\w-]{10,}/ },
  { name: 'a Slack webhook', pattern: /hooks\.slack\.com\/services\/T\w+\/B\w+\/\w{16,}/ },
  { name: 'a Stripe key', pattern: /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/ },
  { name: 'a model provider’s key', pattern: /\bsk-(?:proj-|ant-|or-)?[\w-]{32,}/ },
  { name: 'a Google API key', pattern: /\bAIza[\w-]{35}\b/ },
  { name: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { name: 'a SendGrid key', pattern: /\bSG\.[\w-]{16,}\.[\w-]{16,}/ },
  { name: 'a Hugging Face token', pattern: /\bhf_[A-Za-z0-9]{30,}\b/ },
  { name: 'a DigitalOcean token', pattern: /\bdo[opr]_v1_[0-9a-f]{64}\b/ },
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----/ },
  { name: 'a signed web token', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}/ },
  {
    name: 'a password in an address',
    pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/'"`<>${}]+:([^\s:@/'"`<>${}]{6,})@[\w.-]+/i,
  },
  { name: 'a storage account key', pattern: /AccountKey=[A-Za-z0-9+/]{60,}={0,2}/ },
];

/** An assignment to a name of a credential: a value in quotes, or a bare one in a settings file. */
const ASSIGNED =
  /(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth)[\w-]*["']?\s*(?::|=>?|:=)\s*(?:(["'`])([^"'`\s]{16,})\1|([^\s"'`#,;(){}[\]]{16,})\s*$)/i;
const BARE_FILES = /(^|\/)\.env(\.|$)|\.(env|ini|properties|conf|cfg|ya?ml|toml)$/i;
const PLACEHOLDER =
  /example|sample|dummy|fake|changeme|change-me|placeholder|your[-_]|xxxx|1234567|abcdef|\*\*\*|\.\.\.|^<.*>$|\$\{|\$\(|\{\{|process\.env|os\.environ|getenv|secrets\.|^(?:test|local|dev)[-_]/i;
/** The usual passwords of development set-ups. */
const WELL_KNOWN = /^(?:password|postgres|secret|root|admin|guest|test|example|changeme|user|pass)\w{0,4}$/i;
const MIN_ENTROPY_BITS = 3.5;
/** Files of hashes and generated text, which are long and random by nature. */
const GENERATED =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|Cargo\.lock|poetry\.lock|uv\.lock|Gemfile\.lock|composer\.lock|go\.sum|Pipfile\.lock)$|\.(svg|map|min\.js)$/;
const SECRET_FILES: readonly RegExp[] = [
  /(^|\/)\.env(?:\.(?!example|sample|template|dist|test)[\w-]+)?$/,
  /(^|\/)id_(?:rsa|dsa|ecdsa|ed25519)$/,
  /\.(?:p12|pfx|keystore|jks)$/,
  /(^|\/)(?:\.netrc|\.pgpass|\.htpasswd)$/,
];

/** One finding for each added line with a credential, and for each added file of credentials. */
export function addedSecrets(files: readonly DiffFile[]): readonly Finding[] {
  return files.flatMap((file): readonly Finding[] => {
    if (GENERATED.test(file.path)) return [];
    const inLines = added(file).flatMap((line) => {
      const found = secretIn(line.text, BARE_FILES.test(file.path));
      return found === null
        ? []
        : [finding(file.path, line.number, `This looks like ${found.name}.`, found.certain)];
    });
    const isSecretFile = file.status !== 'deleted' && SECRET_FILES.some((pattern) => pattern.test(file.path));
    if (inLines.length > 0 || !isSecretFile || file.status === 'modified') return inLines;
    return [
      finding(file.path, null, 'Files of this name hold credentials and are not kept in a repo.', true),
    ];
  });
}

function secretIn(
  text: string,
  isBareFile: boolean,
): { readonly name: string; readonly certain: boolean } | null {
  // The rest of a longer line is minified code or data, and would take long to search.
  const line = text.slice(0, 4_000);
  for (const { name, pattern } of SHAPES) {
    const found = pattern.exec(line);
    if (found === null) continue;
    const value = found[1] ?? found[0];
    if (!isPlaceholder(value) && !(found[1] !== undefined && WELL_KNOWN.test(value)))
      return { name, certain: true };
  }
  const assigned = ASSIGNED.exec(line);
  const value = assigned?.[2] ?? (isBareFile ? assigned?.[3] : undefined);
  if (value === undefined || isPlaceholder(value) || !isRandom(value)) return null;
  return { name: 'a password or key', certain: false };
}

function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || new Set(value).size <= 4;
}

/** A random value mixes letters and digits, has many different characters, and is no path or name. */
function isRandom(value: string): boolean {
  const mixed = /[a-z]/i.test(value) && /\d/.test(value);
  const isPathOrName = /^(?:https?:|\.{0,2}\/)|\/\w+\/|^[a-z]+(?:[-_.][a-z]+)+\d{0,3}$/i.test(value);
  return mixed && !isPathOrName && entropyBits(value) >= MIN_ENTROPY_BITS;
}

/** Shannon's entropy per character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / text.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}

function finding(path: string, line: number | null, sentence: string, certain: boolean): Finding {
  return { rule: 'secret', path, line, sentence, certain };
}
