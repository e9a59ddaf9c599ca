// Wraps a sandbox so that its commands get variables, unless a command sets them itself.
import type { Command, Sandbox } from './port/sandbox.ts';

/** Returns the same sandbox with these variables; closing it calls `onClose` first. */
export function withEnvironment(
  sandbox: Sandbox,
  env: Readonly<Record<string, string>>,
  onClose: () => Promise<void>,
): Sandbox {
  const withVariables = (command: Command): Command => ({ ...command, env: { ...env, ...command.env } });
  return {
    key: sandbox.key,
    fresh: sandbox.fresh,
    run: (command, options) => sandbox.run(withVariables(command), options),
    start: (command) => sandbox.start(withVariables(command)),
    kill: (commandId, signal) => sandbox.kill(commandId, signal),
    read: (path, maxBytes) => sandbox.read(path, maxBytes),
    write: (path, content) => sandbox.write(path, content),
    connect: (port, waitMs) => sandbox.connect(port, waitMs),
    listen: (port, onConnection) => sandbox.listen(port, onConnection),
    close: async () => {
      await onClose();
      await sandbox.close();
    },
  };
}
