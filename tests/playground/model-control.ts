// The scripted model's control routes, as tests use them.

import { z } from 'zod';
import type { LoggedRequest } from '../../playground/model/request-log.ts';
import { loggedRequestSchema } from '../../playground/model/request-log.ts';

/** Sends a control request; returns the status and the parsed answer. */
export async function post(
  url: string,
  route: string,
  body: unknown,
): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(new URL(`/control/${route}`, url), {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: await response.json() };
}

export async function addScript(url: string, name: string, yaml: string): Promise<void> {
  const { status, answer } = await post(url, 'scripts', { name, yaml });
  if (status !== 200) {
    throw new Error(`the script ${name} was refused: ${JSON.stringify(answer)}`);
  }
}

export async function loggedRequests(url: string, since = 0): Promise<LoggedRequest[]> {
  const response = await fetch(new URL(`/control/requests?since=${since}`, url));
  return z.object({ requests: z.array(loggedRequestSchema) }).parse(await response.json()).requests;
}
