// Answers one model request: choose the step, apply what fault is due, price it, send it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerFor } from './answer.ts';
import type { Choice } from './choose.ts';
import { chooseStep } from './choose.ts';
import { faultAnswer } from './fault-answers.ts';
import type { FaultBook } from './faults.ts';
import type { Holds } from './holds.ts';
import type { ScriptLibrary } from './library.ts';
import { messagesOf, type Profile, profileOf, withoutFillers } from './profiles.ts';
import type { Api } from './reply.ts';
import { readRequest } from './reply.ts';
import type { RequestLog } from './request-log.ts';
import type { Fault } from './script.ts';
import { RefusedRequest } from './transcript.ts';
import type { PromptCache } from './usage.ts';
import { deliver, sendJson } from './wire.ts';

/** What one server remembers. */
export interface ModelState {
  readonly library: ScriptLibrary;
  readonly faults: FaultBook;
  readonly holds: Holds;
  readonly log: RequestLog;
  readonly cache: PromptCache;
  readonly delayMs: number;
  /** Our id of a call for each that a vendor's profile gave it: a step is known by ours. */
  readonly ids: Map<string, string>;
}

/** Plays the next step; throws a RefusedRequest for what the real API would refuse. */
export async function complete(
  state: ModelState,
  api: Api,
  request: IncomingMessage,
  text: string,
  response: ServerResponse,
): Promise<void> {
  const arrivedMs = performance.now();
  const raw = parseJson(text);
  const logged = state.log.add(api, request.headers, raw, text.length);
  const read = readRequest(api, restored(raw, state.ids));
  const { transcript } = read;
  const profile = profileOf(transcript.model);
  if (api === 'chat') profile.check(messagesOf(raw));
  if (transcript.model === unknownModel) {
    throw new RefusedRequest(404, `The model '${unknownModel}' does not exist.`, 'model_not_found', 'model');
  }
  const scripts = state.library.inOrder();
  const choice = chooseStep(transcript, scripts);
  const fault = dueFault(state.faults, choice);
  logged.script = choice.kind === 'unknown' ? null : choice.script.name;
  logged.step = choice.kind === 'unknown' ? null : choice.step;
  logged.fault = fault?.kind ?? null;
  if (fault !== undefined && sendFault(response, api, fault)) {
    return;
  }
  const own = answerFor(transcript, choice, scripts, fault?.kind);
  const answer = {
    ...own,
    calls: own.calls.map((call) => ({ ...call, id: given(call.id, profile, state.ids) })),
  };
  const recorded = choice.kind === 'step' ? choice.answer : undefined;
  const usage = state.cache.price(transcript, answer, recorded?.usage);
  await deliver(response, read.reply({ ...answer, usage, extra: profile.extra(answer) }, Date.now()), {
    stream: transcript.stream,
    delayMs: state.delayMs + (recorded?.delay_ms ?? 0),
    held: recorded?.hold === undefined ? Promise.resolve() : state.holds.passed(recorded.hold),
    arrivedMs,
    fault: fault?.kind,
    gone: goneSignal(response),
  });
}

function given(id: string, profile: Profile, ids: Map<string, string>): string {
  const vendors = profile.idOf(id);
  if (vendors !== id) ids.set(vendors, id);
  return vendors;
}

/** The request with our own ids in place of those that were given, and without words that only fill a gap. */
function restored(raw: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (ids.size === 0) return raw;
  return JSON.parse(JSON.stringify(withoutFillers(raw)), (_key, value: unknown) =>
    typeof value === 'string' ? (ids.get(value) ?? value) : value,
  );
}

/** A model name that the server does not know, so that a wrong name can be tried. */
const unknownModel = 'no-such-model';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RefusedRequest(400, 'The body of the request is not JSON.');
  }
}

function dueFault(faults: FaultBook, choice: Choice): Fault | undefined {
  if (choice.kind === 'unknown') {
    return faults.take('', 0, []);
  }
  const recorded = choice.kind === 'step' ? (choice.answer.fault ?? []) : [];
  return faults.take(choice.script.name, choice.step, recorded);
}

/** Sends the faults that are plain error answers; false for those that shape or break the answer. */
function sendFault(response: ServerResponse, api: Api, fault: Fault): boolean {
  const answer = faultAnswer(api, fault.kind);
  if (answer !== null) sendJson(response, answer.status, answer.body, retryAfter(fault));
  // What stands between a client and a model: its words are no JSON.
  else if (fault.kind === 'bad_gateway')
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>');
  // The request stays open until the client gives it up.
  else return fault.kind === 'no_answer';
  return true;
}

function retryAfter({ retry_after: seconds }: Fault): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}
