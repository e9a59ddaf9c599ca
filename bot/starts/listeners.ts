// Bolt's listeners for shortcuts, the command, the form and the reaction.
import type { App } from '@slack/bolt';
import { z } from 'zod';
import { couldNot } from '../../blocks/messages/ephemeral.ts';
import { COMMAND, MODAL, SHORTCUT, START_INPUT } from '../../blocks/parts/actions.ts';
import { toFailure } from '../../core/errors.ts';
import { readSubmission } from '../interaction/click.ts';
import { type ContextParts, contextFor, type InteractionContext } from '../interaction/context.ts';
import { prewarm } from '../interaction/warm.ts';
import { stopFromSlack } from './agent.ts';
import { runCommand } from './command.ts';
import { type FormErrors, openForm, openHandOver, submitForm } from './form.ts';
import { homeOpened } from './home.ts';
import { recordReaction } from './reaction.ts';

const globalShortcutSchema = z.object({ trigger_id: z.string() });

/** Listens for every way in that is not a message. */
export function listenToStarts(app: App, parts: ContextParts): void {
  app.shortcut({ callback_id: SHORTCUT.handOver, type: 'message_action' }, async ({ body, ack }) => {
    const ctx = await contextFor(parts, body);
    await quietly(ctx, () => openHandOver(ctx, body));
    await ack();
  });
  app.shortcut({ callback_id: SHORTCUT.start, type: 'shortcut' }, async ({ body, ack }) => {
    const ctx = await contextFor(parts, body);
    await quietly(ctx, async () => {
      await openForm(ctx, globalShortcutSchema.parse(body).trigger_id, { kind: 'anywhere' }, '');
    });
    await ack();
  });
  app.command(COMMAND, async ({ body, ack }) => {
    const ctx = await contextFor(parts, body);
    try {
      const answer = await runCommand(ctx, body);
      if (answer === null) await ack();
      else await ack({ response_type: 'ephemeral', text: answer.text, blocks: answer.blocks });
    } catch (error) {
      ctx.log.warn('a command failed', { error });
      const { text, blocks } = couldNot(toFailure(error).message, 'Try again in a moment.');
      await ack({ response_type: 'ephemeral', text, blocks });
    }
  });
  app.view(MODAL.start, async ({ body, ack }) => {
    const ctx = await contextFor(parts, body);
    const errors = await submitted(ctx, body);
    if (Object.keys(errors).length === 0) await ack();
    else await ack({ response_action: 'errors', errors: { ...errors } });
  });
  app.event('app_home_opened', async ({ body }) => {
    const ctx = await contextFor(parts, body);
    // Also when a person opens the direct messages with the app, which is where the next request may come from.
    void prewarm(ctx, null);
    // A retry by Slack would be of no use: the Home tab is rendered when it is opened next.
    await quietly(ctx, () => homeOpened(ctx, body));
  });
  app.event('agent_session_stopped', async ({ body }) => {
    const ctx = await contextFor(parts, body);
    const stopped = await stopFromSlack(ctx, body);
    ctx.log.debug("Slack's Stop", { stopped });
  });
  app.event('reaction_added', async ({ body }) => {
    const ctx = await contextFor(parts, body);
    const recorded = await recordReaction(ctx, body);
    ctx.log.debug('reaction', { recorded });
  });
}

async function submitted(ctx: InteractionContext, body: unknown): Promise<FormErrors> {
  try {
    return await submitForm(ctx, readSubmission(body));
  } catch (error) {
    ctx.log.warn('a form was not taken', { error });
    return { [START_INPUT.request.blockId]: `${toFailure(error).message} Send it again in a moment.` };
  }
}

/** Only the log gets the error: the failed try has used up the trigger. */
async function quietly(ctx: InteractionContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    ctx.log.warn('a view could not be shown', { error });
  }
}
