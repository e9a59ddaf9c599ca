// views.*: opening, pushing, updating modals and publishing the Home tab.

import {
  findModal,
  makeView,
  modalsOf,
  renderView,
  replaceModal,
  showModal,
} from '../interactivity/views.ts';
import type { Dict } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Method } from './method.ts';

export const viewMethods: Record<string, Method> = {
  'views.open': { tier: 'T4', scopes: [], token: 'bot', run: open },
  'views.push': { tier: 'T4', scopes: [], token: 'bot', run: push },
  'views.update': { tier: 'T4', scopes: [], token: 'bot', run: update },
  'views.publish': { tier: 'T4', scopes: [], token: 'bot', run: publish },
};

function open(ws: Workspace, args: Args): Dict {
  const view = makeView(ws, args.object('view', 'invalid_arguments'), 'modal');
  const { user } = useTrigger(ws, args);
  return { view: renderView(showModal(ws, user, view, 'open')) };
}

function push(ws: Workspace, args: Args): Dict {
  const view = makeView(ws, args.object('view', 'invalid_arguments'), 'modal');
  const { user, viewId } = useTrigger(ws, args);
  const stack = modalsOf(ws, user);
  if (viewId === undefined || stack.every((open) => open.id !== viewId)) throw new SlackRefusal('not_found');
  return { view: renderView(showModal(ws, user, view, 'push')) };
}

function update(ws: Workspace, args: Args): Dict {
  const viewId = args.text('view_id');
  const externalId = args.text('external_id');
  if ((viewId === undefined) === (externalId === undefined)) throw new SlackRefusal('invalid_arguments');
  const found = findModal(ws, (view) =>
    viewId === undefined ? view.external_id === externalId : view.id === viewId,
  );
  if (found === undefined) throw new SlackRefusal('not_found');
  const hash = args.text('hash');
  if (hash !== undefined && hash !== found.view.hash) throw new SlackRefusal('hash_conflict');
  const next = makeView(ws, args.object('view', 'invalid_arguments'), 'modal');
  return { view: renderView(replaceModal(ws, found.user, found.view, next)) };
}

function publish(ws: Workspace, args: Args): Dict {
  const user = ws.user(args.required('user_id', 'user_not_found'));
  if (user === undefined || user.is_bot) throw new SlackRefusal('user_not_found');
  const current = ws.state.home[user.id];
  const hash = args.text('hash');
  if (hash !== undefined && current !== undefined && hash !== current.hash)
    throw new SlackRefusal('hash_conflict');
  const view = makeView(ws, args.object('view', 'invalid_arguments'), 'home');
  if (current !== undefined) Object.assign(view, { id: current.id, root_view_id: current.id });
  ws.state.home[user.id] = view;
  ws.changed();
  ws.services.hub.publish({ type: 'home', user: user.id, view });
  return { view: renderView(view) };
}

function useTrigger(ws: Workspace, args: Args): { user: string; viewId: string | undefined } {
  const use = ws.services.triggers.use(args.required('trigger_id', 'invalid_trigger_id'));
  // Slack calls a second use "exchanged"; apps see the same word as for a late one.
  if (use.outcome === 'exchanged_trigger_id') throw new SlackRefusal('expired_trigger_id');
  if (use.outcome !== 'ok') throw new SlackRefusal(use.outcome);
  return use;
}
