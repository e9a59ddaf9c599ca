// The embedded PostgreSQL through crashes and restarts.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { ThreadsmithError } from '../../core/errors.ts';
import { type PostgresOptions, startPostgres } from '../../scripts/system/postgres.ts';
import { processesLeft, ROOT, runNode, temporaryFolder } from './children.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newOptions(): PostgresOptions {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  folders.push(folder);
  return {
    folder: join(folder, 'postgres'),
    passwordFile: join(folder, 'secrets/password'),
    logFile: join(folder, 'postgres.log'),
    durability: 'safe',
    maxConnections: 20,
  };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  test('keeps its data, its password to itself, and starts quickly a second time', async () => {
    const options = newOptions();
    const first = await startPostgres(options);
    await query(first.url, 'create table kept (n int); insert into kept values (42)');
    expect(statSync(options.passwordFile).mode & 0o777).toBe(0o600);
    const wrong = first.url.replace(/:[^:@]+@/, ':wrong@');
    await expect(query(wrong, 'select 1')).rejects.toThrow(/password/);
    await first.stop();

    const second = await startPostgres(options);
    // Making a cluster is what takes its time.
    expect(readFileSync(options.logFile, 'utf8').match(/running bootstrap script/g)).toHaveLength(1);
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 42 }]);
    expect(await query(second.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await query(second.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    await second.stop();
  });

  test('ends with an owner that is killed, and loses nothing that was committed', async () => {
    const options = newOptions();
    const owner = runNode([
      '--input-type=module',
      '-e',
      `import { startPostgres } from '${ROOT}/scripts/system/postgres.ts';
       const { url } = await startPostgres(${JSON.stringify(options)});
       console.log('URL ' + url); setInterval(() => {}, 1000);`,
    ]);
    await owner.says(/URL \S+\n/, 60_000);
    const url = /URL (\S+)/.exec(owner.output())?.[1] ?? '';
    await query(url, 'create table kept (n int); insert into kept values (7)');
    owner.process.kill('SIGKILL');
    await owner.exited;
    expect(await processesLeft(options.folder, 20_000)).toEqual([]);

    const again = await startPostgres(options);
    expect(await query(again.url, 'select n from kept')).toEqual([{ n: 7 }]);
    await again.stop();
  });

  test('starts over a lock file whose number belongs to another process by now', async () => {
    const options = newOptions();
    const first = await startPostgres(options);
    const lockFile = join(options.folder, 'cluster/postmaster.pid');
    const lines = readFileSync(lockFile, 'utf8').split('\n');
    await first.stop();
    writeFileSync(lockFile, [String(process.pid), ...lines.slice(1)].join('\n'));

    const second = await startPostgres(options);
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.stop();
  });

  test('is made anew where the first start was cut off in the middle', async () => {
    const options = newOptions();
    mkdirSync(join(options.folder, 'cluster.new/base'), { recursive: true });
    writeFileSync(join(options.folder, 'cluster.new/PG_VERSION'), '18\n');
    const server = await startPostgres(options);
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(options.folder, 'cluster.new'))).toBe(false);
    await server.stop();
  });

  test('comes back on the port of before, for clients that know it', async () => {
    const options = newOptions();
    const first = await startPostgres(options);
    await first.stop();
    await first.ended;
    const second = await startPostgres({ ...options, port: first.port });
    expect(second.url).toBe(first.url);
    await second.stop();
  });

  test('says so where its settings are wrong', async () => {
    const options = newOptions();
    const refused = await startPostgres({ ...options, maxConnections: -5 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(refused).toBeInstanceOf(ThreadsmithError);
    expect(refused).toMatchObject({ code: 'database_unreachable' });
    expect(await processesLeft(options.folder, 20_000)).toEqual([]);
  });

  test('runs from a folder that only its owner may enter', async () => {
    const options = newOptions();
    chmodSync(join(options.folder, '..'), 0o700);
    const server = await startPostgres(options);
    expect(await query(server.url, 'select current_user as me')).toEqual([{ me: 'threadsmith' }]);
    await server.stop();
  });
});
