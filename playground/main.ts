// Starts the local Slack workspace: `node playground/main.ts --port 3400 --data DIR [--time-scale N]`.
// Prints one line of JSON when it listens, and ends cleanly on SIGTERM or SIGINT.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Manifest, manifestSchema } from './slack/records/manifest.ts';
import { startWorkspace } from './slack/server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3400' },
    data: { type: 'string', default: '.data/playground' },
    'time-scale': { type: 'string', default: '1' },
    manifest: { type: 'string' },
    gallery: { type: 'string' },
    'deadline-ms': { type: 'string', default: '3000' },
  },
});

const running = await startWorkspace({
  port: wholeNumber('port', values.port),
  dataDir: values.data,
  timeScale: positive('time-scale', values['time-scale']),
  deadlineMs: wholeNumber('deadline-ms', values['deadline-ms']),
  ...(values.manifest === undefined ? {} : { manifest: readManifest(values.manifest) }),
  ...(values.gallery === undefined ? {} : { gallery: readJson('gallery', values.gallery) }),
}).catch((error: unknown) => refuse(startFailure(error)));
process.stdout.write(`${JSON.stringify({ ready: true, url: running.url })}\n`);

let ending = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (ending) return;
    ending = true;
    void running.close().then(() => process.exit(0));
  });
}

function startFailure(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `port ${values.port} is in use: stop what listens there, or choose another with --port`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `the workspace in ${values.data} cannot be opened: ${reason}`;
}

function readManifest(path: string): Manifest {
  try {
    return manifestSchema.parse(readJson('manifest', path));
  } catch (error) {
    return refuse(`--manifest ${path} is not an app manifest: ${String(error)}`);
  }
}

function readJson(name: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(`--${name} ${path} cannot be read: ${String(error)}`);
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  return refuse(`--${name} must be a whole number, not ${text}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  return refuse(`--${name} must be a number above 0, not ${text}`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
