// Opens the egress of a turn's sandboxes, as their repo's `network` says, while this worker has them open.
import type { ArtifactStore } from '../../core/artifact.ts';
import { hasCode } from '../../core/errors.ts';
import type { EventBody } from '../../core/event.ts';
import type { Log } from '../../core/log.ts';
import { openEgress } from '../../sandbox/egress/open-egress.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { withEnvironment } from '../../sandbox/with-environment.ts';
import type { Networks } from './networks.ts';
import { openRequestLog } from './request-log.ts';

export interface EgressOptions {
  readonly networks: Networks | undefined;
  readonly repo: string;
  readonly artifacts: ArtifactStore;
  readonly log: Log;
  readonly report: (event: EventBody) => Promise<void>;
}

export interface Egress {
  /**
   * Returns the sandbox with commands that reach what the repo's `network` names. Where that fails it closes the sandbox
   * and throws, for example `sandbox_lost`. May be called for each sandbox of the turn.
   */
  open(sandbox: Sandbox): Promise<Sandbox>;
  /** Closes the egress of all sandboxes and saves their request logs. May be called twice; never throws. */
  close(): Promise<void>;
}

/** The egress of the sandboxes of one turn. Opens nothing yet. */
export function egressFor({ networks, repo, artifacts, log, report }: EgressOptions): Egress {
  const network = networks?.byRepo.get(repo);
  if (networks === undefined || network === undefined || network.policy.rules.length === 0)
    return { open: async (sandbox) => sandbox, close: async () => {} };
  const onError = (error: unknown): void => {
    if (!hasCode(error, 'lease_lost')) log.warn('the log of requests was not written', { error });
  };
  const closings = new Set<() => Promise<void>>();
  const attach = async (sandbox: Sandbox): Promise<Sandbox> => {
    const requests = openRequestLog({ report, artifacts, onError });
    const egress = await openEgress(sandbox, {
      policy: network.policy,
      certificates: networks.certificates,
      onRequest: (made) => requests.started(made),
      onEnd: (made, traffic) => requests.ended(made, traffic),
      ...(networks.lookup === undefined ? {} : { lookup: networks.lookup }),
    });
    const close = async (): Promise<void> => {
      if (!closings.delete(close)) return;
      egress.close();
      await requests.close();
    };
    closings.add(close);
    return withEnvironment(sandbox, { ...network.env, ...egress.env }, close);
  };
  return {
    open: async (sandbox) => {
      try {
        return await attach(sandbox);
      } catch (thrown) {
        await sandbox.close();
        throw thrown;
      }
    },
    close: async () => {
      await Promise.all([...closings].map((close) => close()));
    },
  };
}
