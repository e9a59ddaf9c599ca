// Starts the scripted model from the command line and says on one line where it listens.

import { parseArgs } from 'node:util';
import { ScriptError } from './script.ts';
import { startModel } from './server.ts';

const usage = 'Usage: node playground/model/main.ts --port N [--scripts DIR ...] [--delay-ms N]\n';

function readArguments(): { port: number; scripts: string[] | undefined; delayMs: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '0' },
        scripts: { type: 'string', multiple: true },
        'delay-ms': { type: 'string', default: '0' },
      },
    });
    const port = Number(values.port);
    const delayMs = Number(values['delay-ms']);
    return Number.isInteger(port) && delayMs >= 0 ? { port, scripts: values.scripts, delayMs } : undefined;
  } catch {
    return undefined;
  }
}

const wanted = readArguments();
if (wanted === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  try {
    const { scripts, port, delayMs } = wanted;
    const model = await startModel({
      port,
      delayMs,
      ...(scripts === undefined ? {} : { scriptDirs: scripts }),
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => void model.close());
    }
    process.stdout.write(`${JSON.stringify({ ready: true, url: model.url })}\n`);
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof ScriptError ? thrown.message : String(thrown)}\n`);
    process.exitCode = 1;
  }
}
