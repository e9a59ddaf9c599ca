// manifest.json against the code: what the app listens for and calls, and what it asks for, are the same.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { COMMAND, SHORTCUT } from '../../blocks/parts/actions.ts';
import { SUGGESTED_PROMPTS } from '../../blocks/parts/prompts.ts';
import { SCOPES } from '../../bot/slack/scopes.ts';

const ROOT = join(import.meta.dirname, '../..');

const manifest = z
  .object({
    features: z.object({
      bot_user: z.object({ display_name: z.string() }),
      app_home: z.object({ home_tab_enabled: z.literal(true), messages_tab_enabled: z.literal(true) }),
      agent_view: z.object({
        agent_description: z.string().max(300),
        suggested_prompts: z.array(z.object({ title: z.string(), message: z.string() })).max(4),
      }),
      shortcuts: z.array(z.object({ callback_id: z.string(), type: z.enum(['message', 'global']) })),
      slash_commands: z.array(z.object({ command: z.string() })),
    }),
    oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
    settings: z.object({ event_subscriptions: z.object({ bot_events: z.array(z.string()) }) }),
  })
  .parse(JSON.parse(readFileSync(join(ROOT, 'manifest.json'), 'utf8')));

const code = readdirSync(join(ROOT, 'bot'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(ROOT, 'bot', file), 'utf8'))
  .join('\n');

/** What each method of the Web API needs. https://docs.slack.dev/reference/methods */
const METHODS: Record<string, readonly string[]> = {
  'agents.sessions.setStatus': ['chat:write'],
  'assistant.threads.setSuggestedPrompts': ['assistant:write'],
  'auth.test': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.info': ['channels:read', 'groups:read', 'im:read'],
  'conversations.members': ['channels:read', 'groups:read', 'im:read'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'files.info': ['files:read'],
  'reactions.add': ['reactions:write'],
  'reactions.remove': ['reactions:write'],
  'usergroups.list': ['usergroups:read'],
  'users.info': ['users:read', 'users:read.email'],
  'views.open': [],
  'views.publish': [],
  'views.update': [],
};

/** What each event needs, and how the listener names it. https://docs.slack.dev/reference/events */
const EVENTS: Record<string, { readonly listener: string; readonly scopes: readonly string[] }> = {
  agent_session_stopped: { listener: 'agent_session_stopped', scopes: [] },
  app_home_opened: { listener: 'app_home_opened', scopes: [] },
  app_mention: { listener: 'app_mention', scopes: ['app_mentions:read'] },
  app_uninstalled: { listener: 'app_uninstalled', scopes: [] },
  tokens_revoked: { listener: 'tokens_revoked', scopes: [] },
  'message.channels': { listener: 'message', scopes: ['channels:history'] },
  'message.groups': { listener: 'message', scopes: ['groups:history'] },
  'message.im': { listener: 'message', scopes: ['im:history'] },
  reaction_added: { listener: 'reaction_added', scopes: ['reactions:read'] },
};

describe('manifest.json', () => {
  const called = [
    ...new Set(
      [...code.matchAll(/client\.([a-z]+(?:\.[a-z]+)?\.[a-zA-Z]+)\(/g)].map(([, name]) => name ?? ''),
    ),
  ];
  const heard = [...new Set([...code.matchAll(/app\.event\('([a-z_]+)'/g)].map(([, name]) => name ?? ''))];

  it('is compared with every call and every listener of the bot', () => {
    expect(called.toSorted()).toEqual(Object.keys(METHODS).toSorted());
    expect(new Set(heard)).toEqual(new Set(Object.values(EVENTS).map(({ listener }) => listener)));
  });

  it('subscribes to exactly the events that are listened for', () => {
    expect(manifest.settings.event_subscriptions.bot_events.toSorted()).toEqual(
      Object.keys(EVENTS).toSorted(),
    );
  });

  it('asks for exactly the scopes that calls, events, shortcuts and commands need', () => {
    const needed = [
      ...Object.values(METHODS).flat(),
      ...Object.values(EVENTS).flatMap(({ scopes }) => scopes),
      'commands',
    ];
    expect(manifest.oauth_config.scopes.bot.toSorted()).toEqual([...new Set(needed)].toSorted());
  });

  it('suggests the prompts that the app suggests', () => {
    expect(manifest.features.agent_view.suggested_prompts).toEqual([...SUGGESTED_PROMPTS]);
  });

  it('asks for the same scopes where it is installed by OAuth', () => {
    expect(SCOPES.toSorted()).toEqual(manifest.oauth_config.scopes.bot.toSorted());
  });

  it('names the shortcuts and the command by which they come back', () => {
    expect(manifest.features.shortcuts.map(({ type, callback_id }) => [type, callback_id])).toEqual([
      ['message', SHORTCUT.handOver],
      ['global', SHORTCUT.start],
    ]);
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual([COMMAND]);
    expect(code).toContain('SHORTCUT.handOver');
    expect(code).toContain('SHORTCUT.start');
    expect(code).toContain('app.command(COMMAND');
  });
});
