// Two groups of tests: those that need a database at most run two files at once, with the conversations once
// more in bad weather (duplicated and reordered events, 429s); those that open sandboxes,
// browsers and whole processes run one after the other. Nothing is retried: a test that fails now and then
// has a fault.
import { defineConfig } from 'vitest/config';

const SANDBOX_TESTS = [
  ...['worker', 'sandbox', 'e2e', 'faults', 'security', 'scripts'].map(
    (room) => `tests/${room}/**/*.test.ts`,
  ),
  'tests/bench/sandbox.test.ts',
];

/** What people see in threads, forms and Home: once in good weather, once over the other transport in bad. */
const CONVERSATIONS = [
  'agent-home',
  'alerts',
  'attempts',
  'conversation',
  'decisions',
  'first-steps',
  'given',
  'given-files',
  'links',
  'plan-first',
  'route',
  'starts',
  'steering',
].map((name) => `tests/bot/${name}.test.ts`);

// Vitest reads the configuration from a default export.
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'services',
          include: ['tests/**/*.test.ts'],
          exclude: SANDBOX_TESTS,
          globalSetup: ['tests/setup/global-services.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'weather',
          include: CONVERSATIONS,
          env: { SLACK_WEATHER: 'bad' },
          globalSetup: ['tests/setup/global-services.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'sandbox',
          include: SANDBOX_TESTS,
          globalSetup: ['tests/setup/global-services.ts', 'tests/setup/global-sandbox.ts'],
          testTimeout: 180_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
