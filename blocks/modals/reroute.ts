// The modal that moves a thread's first request to another repo, or lets it begin from another branch.
import type { ModalView, PlainTextOption } from '@slack/types';
import { MODAL, REROUTE_INPUT } from '../parts/actions.ts';
import { context, plain, present } from '../parts/message.ts';
import {
  INPUT_TEXT_MAX,
  OPTION_TEXT_MAX,
  PLACEHOLDER_MAX,
  SELECT_OPTIONS_MAX,
  VIEW_TITLE_MAX,
} from '../rules/limits.ts';
import { cut, oneLine } from '../rules/text.ts';

export interface RerouteModalOptions {
  readonly turnId: string;
  readonly repos: readonly string[];
  readonly repo: string;
  /** Null for the repo's default branch. */
  readonly branch: string | null;
  /** How far it is: `answered` is over, and is done again as a request of its own. */
  readonly stage: 'waits' | 'begun' | 'answered';
}

const EFFECTS: Record<RerouteModalOptions['stage'], string> = {
  waits: '',
  begun: 'What was begun is thrown away, and the work starts anew.',
  answered: 'The answer stays, and the same is asked there.',
};

/** Names of branches are shorter than this on every forge. */
const BRANCH_MAX = 200;

/** The inputs come back under `REROUTE_INPUT`, the turn's id as metadata. */
export function rerouteModal({ turnId, repos, repo, branch, stage }: RerouteModalOptions): ModalView {
  const listed = [repo, ...repos.filter((name) => name !== repo)].slice(0, SELECT_OPTIONS_MAX);
  const options = listed.map(
    (name): PlainTextOption => ({
      text: plain(oneLine(name, OPTION_TEXT_MAX), OPTION_TEXT_MAX),
      value: name,
    }),
  );
  const [initial] = options;
  return {
    type: 'modal',
    callback_id: MODAL.reroute,
    private_metadata: turnId,
    title: plain('Repo and branch', VIEW_TITLE_MAX),
    submit: plain('Change', VIEW_TITLE_MAX),
    close: plain('Cancel', VIEW_TITLE_MAX),
    blocks: present(
      {
        type: 'input',
        block_id: REROUTE_INPUT.repo.blockId,
        label: plain('In which repo?', INPUT_TEXT_MAX),
        element: {
          type: 'static_select',
          action_id: REROUTE_INPUT.repo.actionId,
          placeholder: plain('Choose a repo', PLACEHOLDER_MAX),
          options,
          ...(initial === undefined ? {} : { initial_option: initial }),
        },
      },
      {
        type: 'input',
        block_id: REROUTE_INPUT.branch.blockId,
        optional: true,
        label: plain('From which branch?', INPUT_TEXT_MAX),
        hint: plain('The work begins there and is merged there. Empty: the default branch.', INPUT_TEXT_MAX),
        element: {
          type: 'plain_text_input',
          action_id: REROUTE_INPUT.branch.actionId,
          max_length: BRANCH_MAX,
          placeholder: plain('main', PLACEHOLDER_MAX),
          ...(branch === null ? {} : { initial_value: cut(branch, BRANCH_MAX) }),
        },
      },
      context(EFFECTS[stage]),
    ),
  };
}
