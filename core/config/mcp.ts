// MCP servers of the configuration: their addresses, and the variables that hold their credentials.
import { z } from 'zod';
import { names } from './names.ts';

export const mcpName = z.string().regex(/^[A-Za-z0-9-]{1,30}$/, 'letters, digits and dashes');
/** Names of the server's headers or variables with the worker's environment variables that hold their values. */
const fromEnvironment = z.record(z.string(), z.string().min(1)).default({});

export const mcpSchema = z.union([
  z.strictObject({ name: mcpName, url: z.url(), headers_from: fromEnvironment }),
  z.strictObject({ name: mcpName, command: names.min(1), env_from: fromEnvironment }),
]);
