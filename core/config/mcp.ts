// MCP servers of the configuration: how each is reached, and where its credentials come from.
import { z } from 'zod';
import { names } from './names.ts';

export const mcpName = z.string().regex(/^[A-Za-z0-9-]{1,30}$/, 'letters, digits and dashes');
/** What a header or a variable of the server is called, and the worker's environment variable that holds it. */
const fromEnvironment = z.record(z.string(), z.string().min(1)).default({});

export const mcpSchema = z.union([
  z.strictObject({ name: mcpName, url: z.url(), headers_from: fromEnvironment }),
  z.strictObject({ name: mcpName, command: names.min(1), env_from: fromEnvironment }),
]);
