// docker-compose.yml, checked without Docker Compose: what must hold for promises of the design to hold.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readEnvironment } from '../../core/config/config.ts';

const ROOT = join(import.meta.dirname, '../..');

const serviceSchema = z.strictObject({
  build: z.literal('.').optional(),
  image: z.string(),
  restart: z.literal('unless-stopped'),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: z.strictObject({
    test: z.tuple([z.literal('CMD')]).rest(z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.int().positive(),
    start_period: z.string().optional(),
  }),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  group_add: z.array(z.string()).optional(),
  shm_size: z.string().optional(),
  stop_grace_period: z.string().optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }),
});

const composeSchema = z.looseObject({
  name: z.string(),
  services: z.strictObject({
    bot: serviceSchema,
    worker: serviceSchema,
    postgres: serviceSchema,
    redis: serviceSchema,
  }),
  volumes: z.record(z.string(), z.null()),
});

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const { services, volumes } = composeSchema.parse(parse(text, { merge: true }));
const all = Object.entries(services);

describe('docker-compose.yml', () => {
  test('keeps Slack’s tokens out of the worker and the model key out of the bot', () => {
    expect(Object.keys(services.worker.environment).filter((name) => name.startsWith('SLACK_'))).toEqual([]);
    expect(Object.keys(services.bot.environment).filter((name) => name.startsWith('OPENAI_'))).toEqual([]);
    expect(services.worker.environment).not.toHaveProperty('PORT');
  });

  test('gives the engine’s socket to the worker alone', () => {
    const holders = all.filter(([, { volumes: mounts }]) =>
      mounts.some((mount) => mount.includes('docker.sock')),
    );
    expect(holders.map(([name]) => name)).toEqual(['worker']);
    expect(services.bot.environment).not.toHaveProperty('DOCKER_HOST');
  });

  test('keeps the queue on disk and never lets Redis drop a key', () => {
    const command = services.redis.command?.join(' ') ?? '';
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(services.redis.volumes).toEqual(['redis:/data']);
  });

  test('runs our processes without capabilities, read-only and without new privileges', () => {
    for (const service of [services.bot, services.worker]) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  test('declares every volume, and every service that another one waits for', () => {
    const named = all.flatMap(([, { volumes: mounts }]) => mounts.map((mount) => mount.split(':')[0] ?? ''));
    expect(named.filter((name) => !/^[./]/.test(name) && !(name in volumes))).toEqual([]);
    const awaited = all.flatMap(([, { depends_on: waits }]) => Object.keys(waits));
    expect(awaited.length).toBeGreaterThan(0);
    expect(awaited.filter((name) => !(name in services))).toEqual([]);
  });

  test('publishes ports on the loopback only', () => {
    const published = all.flatMap(([, { ports }]) => ports);
    expect(published.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
  });

  test('sets only variables that the product reads, to values that it takes', () => {
    const fill = (value: string) =>
      value.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, rest: string) =>
        kind === '-' ? rest : `value-of-${name}`,
      );
    for (const service of [services.bot, services.worker]) {
      const environment = Object.fromEntries(
        Object.entries(service.environment).map(([name, value]) => [name, fill(value)]),
      );
      const read = readEnvironment(environment);
      const given = Object.entries(environment).filter(([, value]) => value !== '');
      expect(Object.keys(read)).toEqual(expect.arrayContaining(given.map(([name]) => name)));
    }
  });

  test('takes nothing from .env that .env.example does not name', () => {
    const wanted = [...text.matchAll(/\$\{(\w+)/g)].map((match) => match[1]);
    const example = readFileSync(join(ROOT, '.env.example'), 'utf8');
    const named = [...example.matchAll(/^(\w+)=/gm)].map((match) => match[1]);
    expect(wanted.filter((name) => !named.includes(name) && name !== 'LOG_LEVEL')).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

  test('copies every room that the two processes import, and no stand-in', () => {
    const copied = [...dockerfile.matchAll(/^COPY (\w+) /gm)].map((match) => match[1]);
    expect(copied).toEqual(expect.arrayContaining(['core', 'blocks', 'db', 'sandbox', 'bot', 'worker']));
    expect(copied).not.toContain('playground');
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
    for (const room of copied) expect(ignored).toContain(`!${room}`);
  });

  test('does not run as root', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile.indexOf('USER node')).toBeGreaterThan(dockerfile.indexOf('RUN npm ci'));
  });
});
