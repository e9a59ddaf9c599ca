// Messages as alerting apps post them: each keeps its words in another place.
import type { Json } from '../playground/slack-setup.ts';

export interface AlertSample {
  readonly bot: { readonly bot_id: string; readonly app_id: string; readonly username: string };
  /** As an old incoming webhook does it. */
  readonly classic?: boolean;
  readonly message: Json;
  /** A word that only its content has. */
  readonly word: string;
}

const app = (name: string, number: number) => ({
  bot_id: `B0ALERT00${number}`,
  app_id: `A0ALERT00${number}`,
  username: name,
});

export const SENTRY: AlertSample = {
  bot: app('Sentry', 1),
  message: {
    text: '',
    attachments: [
      {
        color: '#E03E2F',
        fallback: '[shop] TypeError: price is undefined',
        title: 'TypeError: price is undefined',
        title_link: 'https://sentry.example/issues/4711',
        text: 'cartTotal(src/cart.js)',
        fields: [{ title: 'Environment', value: 'production', short: true }],
        footer: 'SHOP-1A2',
      },
    ],
  },
  word: 'cartTotal',
};

export const DATADOG: AlertSample = {
  bot: app('Datadog', 2),
  classic: true,
  message: {
    text: '',
    attachments: [
      {
        color: '#A30200',
        title: 'Triggered: p95 latency of checkout is high',
        title_link: 'https://datadog.example/monitors/12',
        text: 'p95:trace.express.request over 2 s on @checkout\n*Metric value:* 3.42',
        fallback: 'Triggered: p95 latency of checkout is high',
      },
    ],
  },
  word: 'trace.express.request',
};

export const PAGERDUTY: AlertSample = {
  bot: app('PagerDuty', 3),
  message: {
    text: 'Triggered #81: Queue is stuck',
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: '*Triggered #81*: Queue is stuck' } },
      {
        type: 'section',
        fields: [
          { type: 'mrkdwn', text: '*Service:* order-worker' },
          { type: 'mrkdwn', text: '*Urgency:* high' },
        ],
      },
      {
        type: 'actions',
        elements: [{ type: 'button', action_id: 'ack', text: { type: 'plain_text', text: 'Acknowledge' } }],
      },
    ],
  },
  word: 'order-worker',
};

export const GRAFANA: AlertSample = {
  bot: app('Grafana', 4),
  classic: true,
  message: {
    text: '',
    attachments: [
      {
        color: '#D63232',
        title: '[FIRING:1] HighErrorRate (bakery)',
        text: '**Firing**\n\nValue: A=0.13\nLabels:\n - alertname = HighErrorRate\n - service = bakery-api',
        footer: 'Grafana v12',
        fallback: '[FIRING:1] HighErrorRate (bakery)',
      },
    ],
  },
  word: 'bakery-api',
};

export const GITHUB_ACTIONS: AlertSample = {
  bot: app('GitHub', 5),
  message: {
    text: 'Workflow failed',
    blocks: [
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'text', text: 'CI / unit tests', style: { bold: true } },
              { type: 'text', text: ' failed on main after the merge of the cart change' },
            ],
          },
        ],
      },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'brightloaf/shop · run 9981' }] },
    ],
  },
  word: 'unit tests',
};

export const SAMPLES: readonly AlertSample[] = [SENTRY, DATADOG, PAGERDUTY, GRAFANA, GITHUB_ACTIONS];
