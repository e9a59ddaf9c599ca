// An app manifest, as far as a workspace goes by it: which events come, which scopes the token has, which
// commands and shortcuts people are offered. https://docs.slack.dev/reference/app-manifest
import { z } from 'zod';
import type { AppRecord, Shortcut } from './records.ts';

const shortcut = z.object({
  name: z.string(),
  type: z.enum(['message', 'global']),
  callback_id: z.string(),
  description: z.string().optional(),
});

export const manifestSchema = z.looseObject({
  features: z
    .looseObject({
      agent_view: z.looseObject({}).optional(),
      shortcuts: z.array(shortcut).default([]),
      slash_commands: z.array(z.looseObject({ command: z.string() })).default([]),
    })
    .default({ shortcuts: [], slash_commands: [] }),
  oauth_config: z.looseObject({
    scopes: z.looseObject({
      bot: z.array(z.string()).default([]),
      /** Scopes that an installation may do without; a full one has them. */
      bot_optional: z.array(z.string()).default([]),
    }),
  }),
  settings: z.looseObject({
    event_subscriptions: z.looseObject({ bot_events: z.array(z.string()).default([]) }).optional(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** Makes the app what its manifest says it is; tokens and delivery stay. */
export function applyManifest(app: AppRecord, manifest: Manifest): void {
  const { bot, bot_optional } = manifest.oauth_config.scopes;
  app.scopes = [...bot, ...bot_optional];
  app.events = manifest.settings.event_subscriptions?.bot_events ?? [];
  app.agent = manifest.features.agent_view !== undefined;
  app.commands = manifest.features.slash_commands.map(({ command }) => command);
  app.shortcuts = manifest.features.shortcuts.map(
    ({ name, type, callback_id, description }): Shortcut => ({
      name,
      type,
      callback_id,
      ...(description === undefined ? {} : { description }),
    }),
  );
}
