// The modal that moves a thread's first request to another repo, or lets it begin from another branch.
import type { ModalView } from '@slack/types';
import { MODAL, REROUTE_INPUT } from '../parts/actions.ts';
import { compact, context, plain } from '../parts/message.ts';
import { input, menu, modal, option } from '../parts/modal.ts';
import { PLACEHOLDER_MAX } from '../rules/limits.ts';
import { cut } from '../rules/text.ts';

export interface RerouteModalOptions {
  readonly turnId: string;
  readonly repos: readonly string[];
  readonly repo: string;
  /** Null for the repo's default branch. */
  readonly branch: string | null;
  /** How far the request is. An answered one is done again as a new request. */
  readonly stage: 'waits' | 'begun' | 'answered';
}

const EFFECTS: Record<RerouteModalOptions['stage'], string> = {
  waits: '',
  begun: 'What was begun is thrown away, and the work starts anew.',
  answered: 'The answer stays, and the same is asked there.',
};

/** The longest name of a branch that the input takes. */
const BRANCH_MAX = 200;

/** The inputs come back under `REROUTE_INPUT`, the turn's id as metadata. */
export function rerouteModal({ turnId, repos, repo, branch, stage }: RerouteModalOptions): ModalView {
  const listed = [repo, ...repos.filter((name) => name !== repo)].map((name) => option(name, name));
  const hint = 'The work begins there and is merged there. Empty: the default branch.';
  return modal({
    id: MODAL.reroute,
    metadata: turnId,
    title: 'Repo and branch',
    submit: 'Change',
    blocks: compact(
      input(
        { at: REROUTE_INPUT.repo, label: 'In which repo?' },
        menu(listed, { placeholder: 'Choose a repo', chosen: repo }),
      ),
      input(
        { at: REROUTE_INPUT.branch, label: 'From which branch?', hint, optional: true },
        {
          type: 'plain_text_input',
          max_length: BRANCH_MAX,
          placeholder: plain('main', PLACEHOLDER_MAX),
          ...(branch === null ? {} : { initial_value: cut(branch, BRANCH_MAX) }),
        },
      ),
      context(EFFECTS[stage]),
    ),
  });
}
