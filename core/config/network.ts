// Network rules and secrets of a repo: the hosts that its sandboxes may reach, and the headers that the proxy adds.
import { isIP } from 'node:net';
import { z } from 'zod';
import { isPreset, NETWORK_PRESETS, type NetworkPreset } from './network-presets.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const DEFAULT_PORTS = [443, 80];
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const HOST = 'a host name such as api.example.com or *.example.com, without scheme, port or path';

export interface NetworkRule {
  readonly host: string;
  readonly ports: readonly number[];
  /** Empty: all of them. */
  readonly methods?: readonly string[] | undefined;
  /** Whether the name may resolve to a private address. */
  readonly private: boolean;
  /** The preset that the rule comes from. */
  readonly preset?: NetworkPreset;
}

const hostSchema = z.string().trim().toLowerCase().refine(isHost, HOST);

const ruleSchema = z.strictObject({
  host: hostSchema,
  ports: z.array(z.int().min(1).max(65_535)).min(1).default(DEFAULT_PORTS),
  methods: z
    .array(z.string().toUpperCase().pipe(z.enum(METHODS)))
    .min(1)
    .optional(),
  private: z.boolean().default(false),
});

const presetNames = Object.keys(NETWORK_PRESETS).join(', ');
const textSchema = z.string().refine((text) => isPreset(text) || (text.includes('.') && isHost(text)), {
  error: `a preset (${presetNames}) or ${HOST}`,
});

/** Accepts names of presets, names of hosts, and rules; makes rules of all. */
const entrySchema = z.unknown().transform((raw, context): readonly NetworkRule[] => {
  if (typeof raw === 'string') {
    if (isPreset(raw)) return NETWORK_PRESETS[raw].map((rule) => ({ ...rule, private: false, preset: raw }));
    const host = textSchema.safeParse(raw.trim().toLowerCase());
    if (host.success) return [{ host: host.data, ports: DEFAULT_PORTS, private: false }];
    return refuse(context, raw, host.error);
  }
  const rule = ruleSchema.safeParse(raw);
  return rule.success ? [rule.data] : refuse(context, raw, rule.error);
});

export const networkSchema = z.array(entrySchema).transform((entries) => entries.flat());

/** Headers that no secret may set: they route or frame a request, or authorise it at the proxy. */
const NOT_FOR_SECRETS = /^(host|content-length|transfer-encoding|connection|te|trailer|upgrade|proxy-.*)$/i;

export const secretSchema = z.strictObject({
  host: hostSchema.refine((host) => !host.startsWith('*'), 'one host, without *'),
  header: z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'the name of a header')
    .refine((name) => !NOT_FOR_SECRETS.test(name), 'a header that may hold a secret'),
  /** The worker's environment variable that holds the secret. */
  value_from: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'),
  /** The header's value, with `{value}` in place of the secret. */
  format: z
    .string()
    .regex(/^[\x20-\x7e]*\{value\}[\x20-\x7e]*$/, 'a text with {value}')
    .default('{value}'),
});

export type SecretConfig = z.infer<typeof secretSchema>;

/** Whether a rule names this host. */
export function namesHost(rule: Pick<NetworkRule, 'host'>, host: string): boolean {
  return rule.host.startsWith('*.') ? host.endsWith(rule.host.slice(1)) : rule.host === host;
}

/** Problems of a repo's secrets: the path of each, and what was expected there. */
export function misplacedSecrets(
  network: readonly NetworkRule[] | undefined,
  secrets: readonly SecretConfig[],
): readonly { readonly index: number; readonly message: string }[] {
  return secrets.flatMap(({ host, header }, index) => {
    if (network?.some((rule) => namesHost(rule, host)) !== true)
      return [{ index, message: `${host} is not among the hosts of network; add it there` }];
    const isSame = (other: SecretConfig): boolean =>
      other.host === host && other.header.toLowerCase() === header.toLowerCase();
    return secrets.findIndex(isSame) === index
      ? []
      : [{ index, message: `the header ${header} of ${host} is set twice` }];
  });
}

function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const isWildcard = text.startsWith('*.');
  const labels = (isWildcard ? text.slice(2) : text).split('.');
  // A name that ends in a number is read as an IP address.
  const isName = !/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '');
  return (
    text.length <= 253 &&
    isName &&
    labels.length >= (isWildcard ? 2 : 1) &&
    labels.every((label) => LABEL.test(label))
  );
}

function refuse(context: z.RefinementCtx, input: unknown, error: z.ZodError): never {
  for (const { message, path } of error.issues)
    context.issues.push({ code: 'custom', message, path: [...path], input });
  return z.NEVER;
}
