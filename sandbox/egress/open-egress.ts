// Opens the egress of a sandbox while this worker is attached: the proxy listens on the sandbox's loopback.
import type { Sandbox } from '../port/sandbox.ts';
import { createEgressProxy, type EgressProxyOptions } from './proxy.ts';

const PROXY_PORT = 39_128;
/** In memory, so that no snapshot has it. */
const BUNDLE_PATH = '/tmp/threadsmith-certificates.pem';

export interface Egress {
  /** Variables for commands that use the proxy. They are the same in every sandbox. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the connections. May be called twice. */
  close(): void;
}

/**
 * Offers the proxy in the sandbox. Commands find it by the variables in `env`; nothing else leads out of the sandbox.
 * May be called again, also by another worker: the newest proxy gets the connections.
 */
export async function openEgress(
  sandbox: Pick<Sandbox, 'listen' | 'write'>,
  options: EgressProxyOptions,
): Promise<Egress> {
  const proxy = await createEgressProxy(options);
  const bundle = `${options.certificates.trimEnd()}\n${proxy.certificate}`;
  await sandbox.write(BUNDLE_PATH, new TextEncoder().encode(bundle));
  await sandbox.listen(PROXY_PORT, (stream) => proxy.serve(stream));
  const env = { ...proxyVariables(`http://127.0.0.1:${PROXY_PORT}`), ...TRUST };
  return { env, close: () => proxy.close() };
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

/** Where each tool looks for the certificates that it trusts. */
const TRUST = Object.fromEntries(
  [
    'AWS_CA_BUNDLE',
    'CARGO_HTTP_CAINFO',
    'CURL_CA_BUNDLE',
    'DENO_CERT',
    'GIT_SSL_CAINFO',
    'NODE_EXTRA_CA_CERTS',
    'PIP_CERT',
    'REQUESTS_CA_BUNDLE',
    'SSL_CERT_FILE',
  ].map((name) => [name, BUNDLE_PATH]),
);
