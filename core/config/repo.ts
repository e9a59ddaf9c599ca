// A repo of the configuration: its address, its channels, and what the agent may use there.
import { z } from 'zod';
import { mcpName } from './mcp.ts';
import { names } from './names.ts';
import { misplacedSecrets, networkSchema, secretSchema } from './network.ts';

const fieldsSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,60}$/, 'letters, digits, dots, dashes and underscores'),
  /** A git URL, or a path relative to the configuration file. */
  url: z.string().min(1),
  default_branch: z.string().min(1).optional(),
  description: z.string().max(500).optional(),
  /** Channel ids or names (without #) whose requests are for this repo. */
  channels: names.default([]),
  /** The number of sandboxes that wait for requests. Each reserves its memory, all together half of the engine's. */
  warm: z.int().min(0).max(20).optional(),
  /** A web address whose `{commit}`, `{path}` and `{line}` are filled in for links to the code. */
  web_url: z.url().optional(),
  /** MCP servers that the agent may use here, each with the names of its tools, or `*`. */
  mcp: z.record(mcpName, names).optional(),
  /** The hosts that its sandboxes may reach. Without it only `setup` has a network: every public host. */
  network: networkSchema.optional(),
  /** Headers that the proxy, outside of the sandbox, adds to requests to a host. */
  secrets: z.array(secretSchema).optional(),
});

export const repoSchema = fieldsSchema.superRefine(({ network, secrets }, context) => {
  for (const { index, message } of misplacedSecrets(network, secrets ?? []))
    context.addIssue({ code: 'custom', message, path: ['secrets', index, 'host'] });
});

export type RepoConfig = z.infer<typeof repoSchema>;
