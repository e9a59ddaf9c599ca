// What the server was asked, for tests that look at what leaves the product: secrets, and prompts that
// must only grow at their end.

import { z } from 'zod';
import type { Api } from './reply.ts';

export const loggedRequestSchema = z.object({
  id: z.int(),
  atMs: z.number(),
  api: z.enum(['responses', 'chat', 'messages']),
  /** Every header but the key. */
  headers: z.record(z.string(), z.unknown()),
  body: z.unknown(),
  /** What was chosen; null for a request that no recording answers. */
  script: z.string().nullable(),
  step: z.int().nullable(),
  fault: z.string().nullable(),
});

export type LoggedRequest = z.infer<typeof loggedRequestSchema>;

const keptRequests = 5000;
const keptCharacters = 300_000_000;

/** Keeps the newest requests; the oldest fall out when their number or size grows past the limits. */
export class RequestLog {
  #kept: { request: LoggedRequest; characters: number }[] = [];
  #characters = 0;
  #nextId = 1;

  add(api: Api, headers: Record<string, unknown>, body: unknown, characters: number): LoggedRequest {
    const { authorization: _bearer, 'x-api-key': _key, ...safe } = headers;
    const request: LoggedRequest = {
      id: this.#nextId,
      atMs: Date.now(),
      api,
      headers: safe,
      body,
      script: null,
      step: null,
      fault: null,
    };
    this.#nextId += 1;
    this.#kept.push({ request, characters });
    this.#characters += characters;
    while (this.#kept.length > keptRequests || (this.#characters > keptCharacters && this.#kept.length > 1)) {
      this.#characters -= this.#kept.shift()?.characters ?? 0;
    }
    return request;
  }

  /** The requests after the one with this id, oldest first. */
  since(id: number): LoggedRequest[] {
    return this.#kept.map(({ request }) => request).filter((request) => request.id > id);
  }

  clear(): void {
    this.#kept = [];
    this.#characters = 0;
  }
}
