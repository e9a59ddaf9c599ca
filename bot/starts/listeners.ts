// Bolt's listeners for the other ways in: shortcuts, the command, the form, the reaction.
import type { App } from '@slack/bolt';
import { z } from 'zod';
import { couldNot } from '../../blocks/messages/ephemeral.ts';
import { COMMAND, MODAL, SHORTCUT, START_INPUT } from '../../blocks/parts/actions.ts';
import { toFailure } from '../../core/errors.ts';
import { readSubmission } from '../interaction/click.ts';
import { type Desk, type DeskParts, deskFor } from '../interaction/context.ts';
import { hintWarm } from '../interaction/warm.ts';
import { stopFromSlack } from './agent.ts';
import { runCommand } from './command.ts';
import { type FormErrors, openForm, openHandOver, submitForm } from './form.ts';
import { homeOpened } from './home.ts';
import { recordReaction } from './reaction.ts';

const globalShortcutSchema = z.object({ trigger_id: z.string() });

/** Listens for every way in that is not a message. */
export function listenToStarts(app: App, parts: DeskParts): void {
  app.shortcut({ callback_id: SHORTCUT.handOver, type: 'message_action' }, async ({ body, ack }) => {
    const desk = await deskFor(parts, body);
    await quietly(desk, () => openHandOver(desk, body));
    await ack();
  });
  app.shortcut({ callback_id: SHORTCUT.start, type: 'shortcut' }, async ({ body, ack }) => {
    const desk = await deskFor(parts, body);
    await quietly(desk, async () => {
      await openForm(desk, globalShortcutSchema.parse(body).trigger_id, { kind: 'anywhere' }, '');
    });
    await ack();
  });
  app.command(COMMAND, async ({ body, ack }) => {
    const desk = await deskFor(parts, body);
    try {
      const answer = await runCommand(desk, body);
      if (answer === null) await ack();
      else await ack({ response_type: 'ephemeral', text: answer.text, blocks: answer.blocks });
    } catch (error) {
      desk.log.warn('a command failed', { error });
      const { text, blocks } = couldNot(toFailure(error).message, 'Try again in a moment.');
      await ack({ response_type: 'ephemeral', text, blocks });
    }
  });
  app.view(MODAL.start, async ({ body, ack }) => {
    const desk = await deskFor(parts, body);
    const errors = await submitted(desk, body);
    if (Object.keys(errors).length === 0) await ack();
    else await ack({ response_action: 'errors', errors: { ...errors } });
  });
  app.event('app_home_opened', async ({ body }) => {
    const desk = await deskFor(parts, body);
    // Also when a person opens the direct messages with the app, which is where the next request may come from.
    void hintWarm(desk, null);
    // Nobody is served by Slack sending it again later: the next time it is opened it is drawn.
    await quietly(desk, () => homeOpened(desk, body));
  });
  app.event('agent_session_stopped', async ({ body }) => {
    const desk = await deskFor(parts, body);
    const stopped = await stopFromSlack(desk, body);
    desk.log.debug("Slack's Stop", { stopped });
  });
  app.event('reaction_added', async ({ body }) => {
    const desk = await deskFor(parts, body);
    const recorded = await recordReaction(desk, body);
    desk.log.debug('reaction', { recorded });
  });
}

async function submitted(desk: Desk, body: unknown): Promise<FormErrors> {
  try {
    return await submitForm(desk, readSubmission(body));
  } catch (error) {
    desk.log.warn('a form was not taken', { error });
    return { [START_INPUT.request.blockId]: `${toFailure(error).message} Send it again in a moment.` };
  }
}

/** There is nobody to tell but the log: a trigger is used up by the try. */
async function quietly(desk: Desk, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    desk.log.warn('a view could not be shown', { error });
  }
}
