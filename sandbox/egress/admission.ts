// Decides whether a request may leave a sandbox, and to which address; reports each request with the answer.
import {
  allowsMethod,
  type Destination,
  type EgressPolicy,
  reachOf,
  rulesFor,
  secretsFor,
} from '../port/network-policy.ts';
import { type Lookup, type Resolved, resolveSafely } from './resolve.ts';
import type { Allowance } from './traffic.ts';

/** One request of a sandbox, allowed or not. A tunnel that is passed through is one, with CONNECT. */
export interface EgressReport {
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** Without its query; absent where the proxy does not read it. */
  readonly path?: string;
  /** Null where it was allowed. */
  readonly refused: string | null;
}

/** A tunnel that the proxy reads: its address was checked when it was opened. */
export interface Tunnel {
  readonly destination: Destination;
  readonly address: Resolved;
  readonly isSecure: boolean;
}

export type Admission =
  | { readonly kind: 'allowed'; readonly destination: Destination; readonly address: Resolved }
  | { readonly kind: 'refused'; readonly reason: string };

export interface AdmissionOptions {
  readonly policy: EgressPolicy;
  readonly allowance: Allowance;
  readonly lookup?: Lookup;
  /** Must not throw. */
  readonly onRequest: (report: EgressReport) => void;
}

export class Admissions {
  private readonly options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.options = options;
  }

  /** Decides about a request, and reports it where it is refused. One without an address is not reported. */
  async admit(
    method: string,
    to: { readonly destination: Destination; readonly path?: string } | undefined,
    tunnel?: Tunnel,
  ): Promise<Admission> {
    if (to === undefined) return { kind: 'refused', reason: 'it is not an address' };
    const admission = await this.decide(method, to.destination, tunnel);
    if (admission.kind === 'refused') this.report(method, to.destination, admission.reason, to.path);
    return admission;
  }

  /** Reports a request; `refused` is null where it was allowed. */
  report(method: string, { host, port }: Destination, refused: string | null, path?: string): EgressReport {
    const shown = path === undefined ? {} : { path: path.replace(/[?#].*$/s, '') };
    const report: EgressReport = { method, host, port, ...shown, refused };
    this.options.onRequest(report);
    return report;
  }

  private async decide(method: string, destination: Destination, tunnel?: Tunnel): Promise<Admission> {
    const { policy, lookup, allowance } = this.options;
    const { host, port } = destination;
    const refuse = (reason: string): Admission => ({ kind: 'refused', reason });
    const rules = rulesFor(policy, destination);
    if (rules.length === 0) return refuse(`${host}:${port} is not on the repo's list`);
    if (method !== 'CONNECT') {
      if (!allowsMethod(rules, method)) return refuse(`${method} is not allowed for ${host}:${port}`);
      if (tunnel?.isSecure !== true && secretsFor(policy, destination).length > 0)
        return refuse(`${host} gets a secret, so it is only asked by https`);
    }
    const spent = allowance.refuse(host);
    if (spent !== undefined) return refuse(spent);
    // Looked up once for each tunnel: the address that was checked stays the one that is connected to.
    const address = tunnel?.address ?? (await resolveSafely(host, reachOf(rules), lookup));
    return 'refused' in address ? refuse(address.refused) : { kind: 'allowed', destination, address };
  }
}
