// The message that asks which repo a request is for.
import type { Button, KnownBlock } from '@slack/types';
import { fit, textLines } from '../fit/fit.ts';
import { ACTION, choiceValue, numberedButton } from '../parts/actions.ts';
import { actions, button, compact, context, type FittedMessage } from '../parts/message.ts';
import { menu, option } from '../parts/modal.ts';
import { bold, paragraph, words } from '../parts/rich.ts';
import { SELECT_OPTIONS_MAX } from '../rules/limits.ts';
import { clean, count, cut } from '../rules/text.ts';

export interface RepoChoiceOptions {
  readonly turnId: string;
  /** The repos in order: a click names a place in this list. */
  readonly choices: readonly string[];
  readonly reason: string;
}

/** More repos than this become a menu. */
const BUTTONS_MAX = 20;

export function repoChoiceMessage(options: RepoChoiceOptions): FittedMessage {
  const { choices } = options;
  const reason = cut(clean(options.reason).trim(), 600);
  if (choices.length === 0) {
    const none =
      'No repo is configured for this channel. Add one to threadsmith.yaml, or ask in another channel.';
    return fit({
      text: textLines(reason, none),
      blocks: [paragraph(words(reason === '' ? none : `${reason}\n${none}`))],
    });
  }
  const hidden = choices.length - SELECT_OPTIONS_MAX;
  return fit({
    text: textLines(reason, `Which repo is this for? ${choices.slice(0, 50).join(', ')}`),
    blocks: compact(
      paragraph(words(reason === '' ? '' : `${reason}\n`), bold('Which repo is this for?')),
      choices.length <= BUTTONS_MAX ? buttons(options) : repoMenu(options),
      hidden > 0
        ? context(`${count(hidden, 'more repo')} not listed: name it in your message, as repo=name.`)
        : null,
    ),
  });
}

function buttons(options: RepoChoiceOptions): KnownBlock {
  return actions(
    ...options.choices.map(
      (repo, place): Button =>
        button({
          actionId: numberedButton('repo', place),
          value: choiceValue({ turnId: options.turnId, place }),
          text: repo,
        }),
    ),
  );
}

function repoMenu({ choices, turnId }: RepoChoiceOptions): KnownBlock {
  const options = choices.map((repo, place) => option(repo, choiceValue({ turnId, place })));
  const element = { ...menu(options, { placeholder: 'Choose a repo' }), action_id: ACTION.repoMenu };
  return { type: 'actions', elements: [element] };
}
