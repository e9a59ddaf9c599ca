// Chooses the model where none is named: a name in the code would outlive the model, so the server is asked.
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import { connect, connectAnthropic } from './client.ts';
import { faultOf } from './faults.ts';
import type { ServerAddress } from './server-address.ts';

const MAX_NAMED = 10;
/** The most that one page of Anthropic's list holds. */
const MAX_LISTED = 1000;
const LIST_TIMEOUT_MS = 15_000;
const DAY_MS = 24 * 3600 * 1000;
/** A model that its server shuts down sooner is not begun with. */
const LAST_DAYS = 30;
/**
 * What the names of models have in them that do not work on code by themselves: other kinds of output, small
 * and slow siblings, older interfaces (https://platform.openai.com/docs/models). A date marks a copy of a model
 * that is listed without one.
 */
const OTHER_KINDS =
  /embed|moderation|whisper|tts|audio|realtime|transcribe|image|dall-e|sora|davinci|babbage|instruct|search|mini|nano|lite|haiku|chat|preview|research|computer-use|guard|rerank|-pro\b|\d{4}-\d{2}-\d{2}/i;

/** As `GET /models` lists it. OpenAI adds `shutdown_date` where a model ends. */
const entrySchema = z.looseObject({
  id: z.string().min(1),
  /** Unix time in seconds. */
  created: z.number().optional().catch(undefined),
  shutdown_date: z.string().nullish().catch(undefined),
});
type ListedModel = z.infer<typeof entrySchema>;

/** Anthropic's form of the same. */
const anthropicEntrySchema = z
  .looseObject({
    id: z.string().min(1),
    created_at: z.string().optional(),
    lifecycle: z.string().nullish(),
    retires_at: z.string().nullish(),
  })
  .transform(({ id, created_at: at = '', lifecycle, retires_at: retires }): ListedModel => {
    const created = Date.parse(at) / 1000;
    const ends = lifecycle === 'retired' ? new Date(0).toISOString() : retires;
    return { id, shutdown_date: ends, ...(Number.isNaN(created) ? {} : { created }) };
  });

/**
 * The name of the model to use on this server: its only one, else the newest that works on code and that is not
 * shut down within 30 days. Throws `config_invalid` with the names to choose from where the list leaves it open,
 * and what the server said where it gives no list.
 */
export async function chooseModel(address: ServerAddress, now = new Date()): Promise<string> {
  const settings = { ...address, name: '(none is named)', idleTimeoutMs: LIST_TIMEOUT_MS };
  const isAnthropic = address.api === 'messages';
  const { server } = isAnthropic ? connectAnthropic(settings) : connect(settings);
  const variable = isAnthropic ? 'ANTHROPIC_MODEL' : 'OPENAI_MODEL';
  let listed: readonly ListedModel[];
  try {
    listed = isAnthropic
      ? z.array(anthropicEntrySchema).parse((await listOfAnthropic(settings)).data)
      : z.array(entrySchema).parse((await connect(settings).client.models.list({ maxRetries: 2 })).data);
  } catch (thrown) {
    throw unlisted(
      server.host,
      thrown instanceof z.ZodError ? thrown : faultOf(thrown, server).error,
      variable,
    );
  }
  const living = listed.filter((model) => !endsSoon(model, now));
  const candidates = living.length === 1 ? living : living.filter(({ id }) => !OTHER_KINDS.test(id));
  const newest = Math.max(...candidates.map(({ created = 0 }) => created));
  const [found, ...rest] = candidates.filter(({ created = 0 }) => created === newest);
  if (found === undefined || rest.length > 0) throw undecided(server.host, living, variable);
  return found.id;
}

function endsSoon({ shutdown_date: ends }: ListedModel, now: Date): boolean {
  return typeof ends === 'string' && Date.parse(ends) < now.getTime() + LAST_DAYS * DAY_MS;
}

function listOfAnthropic(settings: Parameters<typeof connectAnthropic>[0]) {
  return connectAnthropic(settings).client.models.list({ limit: MAX_LISTED }, { maxRetries: 2 });
}

function undecided(host: string, models: readonly ListedModel[], variable: string): ThreadsmithError {
  const advice = `Set ${variable} where the worker runs, or model.name in the configuration, to one of them.`;
  const names = models.slice(0, MAX_NAMED).map(({ id }) => id);
  const more = models.length > names.length ? ` and ${models.length - names.length} more` : '';
  const has = names.length === 0 ? 'lists none' : `has ${names.join(', ')}${more}`;
  return new ThreadsmithError(
    'config_invalid',
    `No model is named, and the server at ${host} ${has}.`,
    advice,
  );
}

function unlisted(host: string, cause: Error, variable: string): ThreadsmithError {
  const said = cause instanceof ThreadsmithError ? ` ${cause.message}` : '';
  return new ThreadsmithError(
    'config_invalid',
    `No model is named, and the server at ${host} does not list its models.${said}`,
    `Set ${variable} where the worker runs, or model.name in the configuration.`,
    { cause },
  );
}
