// Three groups of tests, one after the other: those that need a database at most, with the conversations once
// more in bad weather; those that open sandboxes, browsers and whole processes; and those that change what the
// whole machine has, like its network, and so run alone. The first mostly wait, hence more of them at once than
// there are cores. Nothing is retried: a test that fails now and then has a fault.
import { defineConfig } from 'vitest/config';

/** Start and end engines with bridges of their own, or measure. */
const ALONE = [
  'tests/scripts/**/*.test.ts',
  'tests/security/network.test.ts',
  'tests/bench/{sandbox,stop}.test.ts',
];

const SANDBOX_TESTS = ['worker', 'sandbox', 'e2e', 'faults', 'security'].map(
  (room) => `tests/${room}/**/*.test.ts`,
);

const SANDBOX_SETUP = ['tests/setup/global-services.ts', 'tests/setup/global-sandbox.ts'];

/** What people see in threads, forms and Home: once in good weather, once over the other transport in bad. */
const CONVERSATIONS = [
  'agent-home',
  'alerts',
  'approvals',
  'attempts',
  'budget',
  'conversation',
  'decisions',
  'first-steps',
  'given',
  'given-files',
  'links',
  'outcomes',
  'plan-first',
  'route',
  'snapshot-news',
  'starts',
  'steering',
  'workspaces',
].map((name) => `tests/bot/${name}.test.ts`);

// Vitest reads the configuration from a default export.
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    // A second, which is the default, is less than a busy machine may need for one look.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'services',
          include: ['tests/**/*.test.ts'],
          exclude: [...SANDBOX_TESTS, ...ALONE],
          globalSetup: ['tests/setup/global-services.ts'],
          maxWorkers: 4,
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
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'sandbox',
          include: SANDBOX_TESTS,
          exclude: ALONE,
          globalSetup: SANDBOX_SETUP,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          globalSetup: SANDBOX_SETUP,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
