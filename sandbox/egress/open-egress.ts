// Opens the way out of a sandbox for as long as it is attached: the proxy on its loopback.
import type { Sandbox } from '../sandbox.ts';
import { createEgressProxy, type EgressProxyOptions } from './proxy.ts';

const PROXY_PORT = 39_128;

export interface Egress {
  /** For commands that are to use the way out. */
  readonly env: Readonly<Record<string, string>>;
  close(): void;
}

/** Offers the proxy in the sandbox. Commands find it by the variables in `env`; there is no other way out. */
export async function openEgress(
  sandbox: Pick<Sandbox, 'listen'>,
  options: EgressProxyOptions,
): Promise<Egress> {
  const proxy = createEgressProxy(options);
  await sandbox.listen(PROXY_PORT, (stream) => proxy.serve(stream));
  return { env: proxyVariables(`http://127.0.0.1:${PROXY_PORT}`), close: () => proxy.close() };
}

/** Tools agree on these names in both cases only. */
function proxyVariables(url: string): Record<string, string> {
  const own = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    http_proxy: url,
    https_proxy: url,
    NO_PROXY: own,
    no_proxy: own,
    NODE_USE_ENV_PROXY: '1',
    npm_config_proxy: url,
    npm_config_https_proxy: url,
  };
}
