// The alert rules of the town: one for each thing that people decide, and one that would answer the app itself.
import { type AlertSample, DATADOG, GRAFANA, PAGERDUTY, SENTRY } from '../../bot/alert-samples.ts';

/** The app's own bot, as in the workspace that a first start finds. */
const OURSELVES = 'B0THREAD01';

const rule = (name: string, { bot }: AlertSample, more: object) => ({
  name,
  channel: 'alerts',
  from: [bot.bot_id],
  ...more,
});

export const ALERT_RULES: readonly object[] = [
  rule('sentry', SENTRY, { repo: 'bakery', pattern: 'typeerror', per_hour: 1 }),
  rule('datadog', DATADOG, { repo: 'ledger' }),
  rule('grafana', GRAFANA, { repo: 'bakery' }),
  rule('pagerduty', PAGERDUTY, { repo: 'ledger', fix: 'at_once' }),
  { name: 'ourselves', channel: 'alerts', from: [OURSELVES], repo: 'bakery' },
];
