// Asks which repo a request is for.
import type { Button, KnownBlock, PlainTextOption } from '@slack/types';
import { fit, textLines } from '../fit/fit.ts';
import { ACTION, choiceValue, repoButton } from '../parts/actions.ts';
import { actions, button, context, type FittedMessage, plain, present } from '../parts/message.ts';
import { bold, paragraph, words } from '../parts/rich.ts';
import { OPTION_TEXT_MAX, PLACEHOLDER_MAX, SELECT_OPTIONS_MAX } from '../rules/limits.ts';
import { clean, count, cut, oneLine } from '../rules/text.ts';

export interface RepoChoiceOptions {
  readonly turnId: string;
  /** Their order counts: a click names a place in this list. */
  readonly choices: readonly string[];
  readonly reason: string;
}

/** More buttons than this are a wall. */
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
    blocks: present(
      paragraph(words(reason === '' ? '' : `${reason}\n`), bold('Which repo is this for?')),
      choices.length <= BUTTONS_MAX ? buttons(options) : menu(options),
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
          actionId: repoButton(place),
          value: choiceValue({ turnId: options.turnId, place }),
          text: repo,
        }),
    ),
  );
}

function menu(options: RepoChoiceOptions): KnownBlock {
  return {
    type: 'actions',
    elements: [
      {
        type: 'static_select',
        action_id: ACTION.repoMenu,
        placeholder: plain('Choose a repo', PLACEHOLDER_MAX),
        options: options.choices.slice(0, SELECT_OPTIONS_MAX).map(
          (repo, place): PlainTextOption => ({
            text: plain(oneLine(repo, OPTION_TEXT_MAX), OPTION_TEXT_MAX),
            value: choiceValue({ turnId: options.turnId, place }),
          }),
        ),
      },
    ],
  };
}
