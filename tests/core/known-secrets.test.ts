// Which values of the environment and the configuration count as secrets.
import { expect, test } from 'vitest';
import { configOfRepo } from '../../core/config/config.ts';
import { secretsOfConfig, secretsOfEnvironment } from '../../core/config/known-secrets.ts';

test.each([
  ['a model key', { OPENAI_API_KEY: 'sk-1' }, ['sk-1']],
  ['Slack tokens', { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' }, ['xoxb-1', 's']],
  ['the password of the database', { DATABASE_URL: 'postgres://u:p%40ss@db/x' }, ['p@ss']],
  ['a password that is the name of the user', { DATABASE_URL: 'postgres://app:app@db/x' }, []],
  ['a path to a token', { GIT_TOKEN: '/run/secrets/git' }, []],
  ['a header with its scheme', { GITHUB_TOKEN: 'Bearer abc' }, ['Bearer abc', 'abc']],
  ['anything else', { PATH: '/bin', LOG_LEVEL: 'info', MONKEY: 'banana' }, []],
])('%s', (_what, variables, secrets) => {
  expect(secretsOfEnvironment(variables)).toEqual(secrets);
});

test('the configuration names variables of MCP servers, and addresses hold tokens', () => {
  const config = {
    ...configOfRepo('shop', 'https://x-access-token:ghs_1@git.test/shop.git'),
    mcp: [{ name: 'issues', url: 'https://mcp.test/', headers_from: { Authorization: 'ISSUES_AUTH' } }],
  };
  expect(secretsOfConfig(config, { ISSUES_AUTH: 'Token t0k', OTHER: 'x' })).toEqual([
    'Token t0k',
    't0k',
    'ghs_1',
  ]);
  expect(secretsOfConfig(configOfRepo('shop', 'ssh://git@git.test/shop.git'), {})).toEqual([]);
  expect(secretsOfConfig(configOfRepo('shop', 'https://ghp_1@git.test/shop.git'), {})).toEqual(['ghp_1']);
});

test('the secrets of a repo are named by their variables', () => {
  const config = configOfRepo('shop', 'ssh://git@git.test/shop.git');
  const secrets = [{ host: 'api.test', header: 'X-Auth', value_from: 'SHOP_API', format: '{value}' }];
  const repos = config.repos.map((repo) => ({ ...repo, secrets }));
  expect(secretsOfConfig({ ...config, repos }, { SHOP_API: 'plain-value', SHOP: 'x' })).toEqual([
    'plain-value',
  ]);
});
