// The first step of both commands, on whatever Node the machine has (20 or newer, built-ins only): installs
// the packages when they changed, then runs the given script with the Node 26 that comes with them.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const BIN = join(MODULES, '.bin');
/** npm writes it last, so an installation that was cut off has none. */
const INSTALLED_LOCK = join(MODULES, '.package-lock.json');
const TITLE = 'Packages'.padEnd(16);
const OLDEST_MAJOR = 20;
/** Runs TypeScript files as they are, and has everything the packages ask for. */
const RUNTIME_MAJOR = 24;
const LIBRARY_FILE = 'libatomic.so.1';
const LIBRARY_PACKAGE = 'libatomic1';
const PROGRESS_MS = 250;
const PARENT_CHECK_MS = 1000;

const [script, ...args] = process.argv.slice(2);

try {
  if (script === undefined) throw new Error('Usage: node scripts/bootstrap.mjs SCRIPT [ARGUMENT…]');
  checkNode();
  await installPackages();
  run(await findRuntime(), join(ROOT, script), args);
} catch (thrown) {
  process.stderr.write(`✗ ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}

function checkNode() {
  if (majorOf(process.versions.node) >= OLDEST_MAJOR) return;
  throw new Error(
    `This is Node ${process.versions.node}; Threadsmith needs Node ${OLDEST_MAJOR} or newer to begin with. Install it from nodejs.org and start again.`,
  );
}

async function installPackages() {
  if (existsSync(INSTALLED_LOCK) && isUpToDate()) return;
  const npm = npmCommand();
  const startedAt = Date.now();
  const progress = showProgress('npm is installing the packages, Node 26 among them');
  // The packages want a newer Node than the machine may have: they run on the one that is among them, so
  // npm's warnings about it would only confuse. `npm ci` refuses a lock file without every platform's binaries
  // of the tools, and some registries do not have them all; what the lock names is pinned for `install` as well.
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'];
  const include = ['--include=optional', '--include=dev'];
  // None of the packages needs its scripts, and they would run on a Node that may still lack a library.
  const command = [...npm.slice(1), 'install', '--no-save', '--ignore-scripts', ...flags, ...include];
  let { code, output } = await collect(npm[0], command);
  // npm asks again where a server does not answer, and not where an answer breaks off in the middle.
  if (code !== 0) ({ code, output } = await collect(npm[0], command));
  progress.end();
  if (code !== 0) {
    throw new Error(
      `npm ended with ${code}. It said:\n${lastLines(output)}\nMend what it names (often the network) and start again.`,
    );
  }
  say(`✓ ${TITLE} installed from package-lock.json  ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Whether npm's own record of what it installed agrees with package-lock.json. */
function isUpToDate() {
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(INSTALLED_LOCK, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    // Packages for other platforms are not installed.
    if (installed[path] === undefined) return optional === true;
    return installed[path].version === version;
  });
}

/** npm itself: the one that called us, else the one on the PATH. */
function npmCommand() {
  const caller = process.env['npm_execpath'];
  if (caller !== undefined && caller.endsWith('.js') && existsSync(caller)) return [process.execPath, caller];
  if (spawnSync('npm', ['--version'], { stdio: 'ignore' }).status === 0) return ['npm'];
  throw new Error(
    'npm is not on the PATH. It comes with Node; on Debian and Ubuntu the package is called npm.',
  );
}

/** The Node of the packages, else this one where it is new enough. */
async function findRuntime() {
  const bundled = join(BIN, 'node');
  const fault = faultOf(bundled);
  if (fault === null) return bundled;
  if (majorOf(process.versions.node) >= RUNTIME_MAJOR) return process.execPath;
  if (fault.includes(LIBRARY_FILE)) {
    await installLibrary();
    if (faultOf(bundled) === null) return bundled;
  }
  throw new Error(
    `The packaged Node does not run here (${fault}), and this one is ${process.versions.node}. Install Node 26 and start again.`,
  );
}

/** Why a program does not run, or null. */
function faultOf(program) {
  if (!existsSync(program)) return `there is none for ${process.platform} on ${process.arch}`;
  const { status, stderr, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (status === 0) return null;
  return error?.message ?? stderr.trim().split('\n')[0] ?? 'it ends at once';
}

/** The packaged Node needs one library that a bare Debian does not have. */
async function installLibrary() {
  const isRoot = process.getuid?.() === 0;
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const update = [...apt, 'update', '-q'];
  const install = [...apt, 'install', '-y', '-q', '--no-install-recommends', LIBRARY_PACKAGE];
  const canInstall = existsSync('/usr/bin/apt-get') && (isRoot || existsSync('/usr/bin/sudo'));
  if (args.includes('--no-system') || !canInstall) {
    const commands = `  apt-get update\n  apt-get install -y --no-install-recommends ${LIBRARY_PACKAGE}`;
    throw new Error(
      `This machine lacks ${LIBRARY_FILE}, a library that the packaged Node 26 needs. Run as root, or install the same in another way:\n${commands}`,
    );
  }
  say('This machine lacks something. Threadsmith is going to install, as root:');
  say(`  ${LIBRARY_PACKAGE}: a library that Node 26 needs`);
  const startedAt = Date.now();
  const asRoot = isRoot
    ? ['env', 'DEBIAN_FRONTEND=noninteractive']
    : ['sudo', 'DEBIAN_FRONTEND=noninteractive'];
  let end = { code: 0, output: '' };
  for (const command of [update, install]) {
    end = await collect(asRoot[0], [...asRoot.slice(1), ...command], { stdin: 'inherit' });
    if (end.code !== 0) throw new Error(`"${command.join(' ')}" failed. It said:\n${lastLines(end.output)}`);
  }
  say(`✓ ${'Library'.padEnd(16)} ${LIBRARY_PACKAGE}  ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Runs the script to its end, passing signals on, and ends as it ended. */
function run(node, file, fileArgs) {
  const env = {
    ...process.env,
    PATH: [BIN, process.env['PATH']].join(delimiter),
    // Compiled code of the packages is kept: every process after the first starts in half the time.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(MODULES, '.cache', 'threadsmith'),
    // The script ends when we are gone, even where we were killed and could not tell it.
    THREADSMITH_STARTED_BY: String(process.pid),
  };
  const child = spawn(node, [file, ...fileArgs], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
    process.on(signal, () => child.kill(signal));
  // npm may be killed without telling us. Without npm nobody knows who our parent is meant to be.
  const parent = process.ppid;
  if (process.env['npm_lifecycle_event'] !== undefined) {
    setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM');
    }, PARENT_CHECK_MS).unref();
  }
  child.once('error', (error) => {
    process.stderr.write(`✗ ${node} could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
    // Signal handlers keep the process alive otherwise.
    process.exit();
  });
}

function collect(program, programArgs, { stdin = 'ignore' } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, programArgs, { cwd: ROOT, stdio: [stdin, 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

function lastLines(output) {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('EBADENGINE'))
    .slice(-15)
    .join('\n');
}

/** One line with the time that goes by; in a log it is written once. */
function showProgress(text) {
  if (!process.stdout.isTTY) {
    say(`· ${TITLE} ${text}`);
    return { end: () => undefined };
  }
  const startedAt = Date.now();
  const timer = setInterval(() => {
    const line = `· ${TITLE} ${text}  ${Math.floor((Date.now() - startedAt) / 1000)} s`;
    process.stdout.write(`\r\x1b[2K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
  }, PROGRESS_MS);
  return {
    end: () => {
      clearInterval(timer);
      process.stdout.write('\r\x1b[2K');
    },
  };
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}
