// The control routes: what tests use to inject faults, add recordings, and see what was asked.

import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { ModelState } from './completion.ts';
import { injectedFaultSchema } from './faults.ts';
import { parseScript, ScriptError } from './script.ts';
import { sendJson } from './wire.ts';

const releaseSchema = z.strictObject({ hold: z.string() });
const addedScriptSchema = z.strictObject({ yaml: z.string(), name: z.string().default('added') });

/** Answers a control route; false if there is none at this method and path. */
export function control(
  state: ModelState,
  method: string,
  url: URL,
  text: string,
  response: ServerResponse,
): boolean {
  try {
    switch (`${method} ${url.pathname}`) {
      case 'GET /control/requests':
        sendJson(response, 200, { requests: state.log.since(Number(url.searchParams.get('since') ?? 0)) });
        return true;
      case 'POST /control/faults': {
        const faults = z.array(injectedFaultSchema).parse([JSON.parse(text)].flat());
        for (const fault of faults) {
          state.faults.inject(fault);
        }
        sendJson(response, 200, { injected: faults.length });
        return true;
      }
      case 'POST /control/scripts': {
        const { yaml, name } = addedScriptSchema.parse(JSON.parse(text));
        const script = parseScript(yaml, name);
        state.library.add(script);
        sendJson(response, 200, { name: script.name });
        return true;
      }
      case 'POST /control/release': {
        const { hold } = releaseSchema.parse(JSON.parse(text));
        state.holds.release(hold);
        sendJson(response, 200, { released: hold });
        return true;
      }
      case 'POST /control/reset':
        state.library.reset();
        state.faults.clear();
        state.holds.clear();
        state.log.clear();
        state.cache.clear();
        sendJson(response, 200, { reset: true });
        return true;
      default:
        return false;
    }
  } catch (thrown) {
    if (thrown instanceof z.ZodError || thrown instanceof ScriptError || thrown instanceof SyntaxError) {
      const problem = thrown instanceof z.ZodError ? z.prettifyError(thrown) : thrown.message;
      sendJson(response, 400, { error: problem });
      return true;
    }
    throw thrown;
  }
}
