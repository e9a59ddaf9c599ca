// Reads MCP servers from the configuration, with credentials from the worker's environment.
import type { Config } from '../../core/config/config.ts';
import { requiredVariable } from '../../core/config/environment.ts';
import type { McpServer } from './servers.ts';

type McpConfig = Config['mcp'][number];

/** Returns the servers with their credentials. Throws `config_invalid` naming the variable that is not set. */
export function mcpServersOf(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): readonly McpServer[] {
  return config.mcp.map((server) => ({ name: server.name, address: addressOf(server, environment) }));
}

function addressOf(
  server: McpConfig,
  environment: Readonly<Record<string, string | undefined>>,
): McpServer['address'] {
  const filledIn = (variables: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(variables).map(([name, variable]) => [
        name,
        credential(server.name, variable, environment),
      ]),
    );
  if ('url' in server) return { kind: 'http', url: server.url, headers: filledIn(server.headers_from) };
  return { kind: 'stdio', command: server.command, env: filledIn(server.env_from) };
}

function credential(
  server: string,
  variable: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return requiredVariable(
    environment,
    variable,
    `The MCP server ${server} needs the environment variable ${variable}, which is not set.`,
    `Set ${variable} where the worker runs, or take the server out of the configuration.`,
  );
}
