// The form that starts work: opened by the message shortcut, the global one, the command or the Home tab.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { askedMessage } from '../../blocks/messages/asked.ts';
import { noteModal, startModal } from '../../blocks/modals/start.ts';
import { START_INPUT } from '../../blocks/parts/actions.ts';
import { MAX_ATTEMPTS } from '../../core/attempt.ts';
import { hasCode } from '../../core/errors.ts';
import type { TurnDetails } from '../../db/entities/session.ts';
import { claimKey, isClaimed, releaseKey } from '../../db/turns/requests.ts';
import { chooseRepo } from '../admission/repo.ts';
import { recordRequest } from '../intake/record.ts';
import type { Submission } from '../interaction/click.ts';
import { type InteractionContext, openView, refusal } from '../interaction/context.ts';
import { prewarm } from '../interaction/warm.ts';
import { patiently } from '../slack/calls.ts';
import { contentSchema, wordsOfMessage } from '../text/content.ts';
import { namesOf } from '../text/names.ts';
import { asSlackText, mentionedUsers, readableText } from '../text/text.ts';

const shortcutSchema = z.object({
  trigger_id: z.string(),
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }),
  message: contentSchema.extend({
    ts: z.string(),
    thread_ts: z.string().optional(),
    user: z.string().optional(),
  }),
});

/** Where the work is to be talked about: in a message's thread, in a new thread, or wherever the person says. */
const placeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('message'), channelId: z.string(), ts: z.string(), threadTs: z.string() }),
  z.object({ kind: z.literal('channel'), channelId: z.string() }),
  z.object({ kind: z.literal('anywhere') }),
]);
export type StartPlace = z.infer<typeof placeSchema>;

/** What is wrong with a submitted form: a sentence for each block. Empty where it was taken. */
export type FormErrors = Readonly<Record<string, string>>;

const NOT_IN_CHANNEL = 'I am not in that channel. Invite me there with /invite, then try again.';

/** Opens the form for the message that a shortcut was used on. */
export async function openHandOver(ctx: InteractionContext, body: unknown): Promise<void> {
  const { trigger_id, channel, message } = shortcutSchema.parse(body);
  const place: StartPlace = {
    kind: 'message',
    channelId: channel.id,
    ts: message.ts,
    threadTs: message.thread_ts ?? message.ts,
  };
  if (message.user === ctx.identity.botUserId) {
    const view = noteModal('Hand to Threadsmith', 'This message is mine. Reply in its thread instead.');
    await openView(ctx, trigger_id, view);
    return;
  }
  const said = wordsOfMessage(message).replaceAll(`<@${ctx.identity.botUserId}>`, '');
  const text = readableText(said, await namesOf(ctx.directory, mentionedUsers(said)));
  await openForm(ctx, trigger_id, place, text);
}

/** Opens the form with a text to begin with. */
export async function openForm(
  ctx: InteractionContext,
  triggerId: string,
  place: StartPlace,
  text: string,
): Promise<void> {
  const repo = await guessInTime(ctx, place, text);
  void prewarm(ctx, repo);
  const view = startModal({
    repos: ctx.config.repos.map(({ name }) => name),
    repo,
    request: text,
    metadata: JSON.stringify(place),
    asksChannel: place.kind === 'anywhere',
    note:
      place.kind === 'message'
        ? 'The answer comes in the thread of the message.'
        : place.kind === 'channel'
          ? 'A new thread is begun in this channel.'
          : '',
  });
  await openView(ctx, triggerId, view);
}

/** Takes a submitted form. The same one again changes nothing. */
export async function submitForm(ctx: InteractionContext, submission: Submission): Promise<FormErrors> {
  const place = placeSchema.parse(JSON.parse(submission.metadata));
  const input = (name: keyof typeof START_INPUT) =>
    submission.input(START_INPUT[name].blockId, START_INPUT[name].actionId).trim();
  const text = input('request');
  const { request, channel } = START_INPUT;
  const actor = await ctx.directory.actor(submission.userId);
  const refused = refusal(ctx.config, actor, ['start']);
  if (refused !== null) return { [request.blockId]: plainOf(refused.text) };
  if (text === '') return { [request.blockId]: 'Say what should be done.' };
  const chosen = input('repo');
  const repo = ctx.config.repos.some(({ name }) => name === chosen) ? chosen : null;
  const details = detailsOf(input('manner'), Number(input('attempts') || 1));
  const asked = {
    teamId: ctx.identity.teamId,
    userId: submission.userId,
    text: asSlackText(text),
  };
  // The same form again, after Slack lost the answer to it or by an impatient finger.
  const viewKey = `view:${submission.viewId}`;
  if (place.kind === 'message') {
    if (!(await isMember(ctx, place.channelId))) return { [request.blockId]: NOT_IN_CHANNEL };
    const taken = await recordRequest(ctx.database, { ...asked, ...place }, repo, details);
    if (taken) await claimKey(ctx.database.em(), viewKey);
    if (taken || (await isClaimed(ctx.database.em(), viewKey))) return {};
    return { [request.blockId]: 'This message is a request already: reply in its thread.' };
  }
  const channelId = place.kind === 'channel' ? place.channelId : input('channel');
  const field = place.kind === 'channel' ? request.blockId : channel.blockId;
  if (!(await isMember(ctx, channelId))) return { [field]: NOT_IN_CHANNEL };
  if (!(await claimKey(ctx.database.em(), viewKey))) return {};
  try {
    const ts = await postRoot(ctx, channelId, askedMessage({ by: actor, text }));
    await recordRequest(ctx.database, { ...asked, channelId, ts, threadTs: ts }, repo, details);
    return {};
  } catch (error) {
    await releaseKey(ctx.database.em(), viewKey);
    if (!hasCode(error, 'slack_refused')) throw error;
    ctx.log.info('a thread could not be begun', { channelId, error });
    return { [field]: 'I could not write there. Choose another channel.' };
  }
}

function detailsOf(manner: string, attempts: number): TurnDetails {
  if (manner === 'read') return { readOnly: true };
  return {
    ...(manner === 'plan' ? { planFirst: true } : {}),
    ...(attempts > 1 ? { attempts: Math.min(attempts, MAX_ATTEMPTS) } : {}),
  };
}

async function postRoot(
  ctx: InteractionContext,
  channelId: string,
  message: ReturnType<typeof askedMessage>,
): Promise<string> {
  const { text, blocks } = message;
  const post = () => ctx.client.chat.postMessage({ channel: channelId, text, blocks });
  const answer = await patiently(post, { tries: 2, maxWaitMs: 1_000, once: true });
  return z.object({ ts: z.string() }).parse(answer).ts;
}

const memberSchema = z.object({
  channel: z.object({ is_member: z.boolean().optional(), is_im: z.boolean().optional() }),
});

/** Whether the app can read and write there; a private channel that it is not in does not exist for it. */
async function isMember(ctx: InteractionContext, channelId: string): Promise<boolean> {
  try {
    const answer = await patiently(() => ctx.client.conversations.info({ channel: channelId }));
    const { channel } = memberSchema.parse(answer);
    return channel.is_member === true || channel.is_im === true;
  } catch (error) {
    if (hasCode(error, 'slack_refused')) return false;
    throw error;
  }
}

/** The trigger does not wait for long: without a guess the repo is found from the text and the channel. */
const GUESS_MS = 800;

/** The repo that the form begins with, null where it is not known in time. */
async function guessInTime(ctx: InteractionContext, place: StartPlace, text: string): Promise<string | null> {
  const late = new AbortController();
  try {
    const tooLate = sleep(GUESS_MS, null, { signal: late.signal }).catch(() => null);
    return await Promise.race([guessRepo(ctx, place, text), tooLate]);
  } finally {
    late.abort();
  }
}

async function guessRepo(ctx: InteractionContext, place: StartPlace, text: string): Promise<string | null> {
  const channelId = place.kind === 'anywhere' ? '' : place.channelId;
  const known = channelId === '' ? null : await ctx.directory.channel(channelId).catch(() => null);
  const { name = null, topic = '' } = known ?? {};
  const choice = chooseRepo({ repos: ctx.config.repos, text, channelId, channelName: name, topic });
  return choice.kind === 'chosen' ? choice.repo : null;
}

/** Errors of a form are plain text. */
function plainOf(text: string): string {
  return readableText(text, new Map());
}
