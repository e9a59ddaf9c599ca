// Gives the sandboxes of a turn their repo's way out, for as long as this worker has them open.
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
   * The same sandbox, whose commands reach what the repo's `network` names; the sandbox itself where nothing is
   * named. It is closed where the way out cannot be opened.
   */
  open(sandbox: Sandbox): Promise<Sandbox>;
  /** Closes the way out of all of them and writes down what was asked. May be called twice; never throws. */
  close(): Promise<void>;
}

/** The way out of the sandboxes of one turn. Nothing is open yet. */
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
