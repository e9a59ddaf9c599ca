// The page's composition: makes the workspace and the views, and lets the address decide what is shown.

import { el } from '../dom.js';
import { ago, tsToDate } from '../text/dates.js';
import { createChannelPane } from './channel-pane.js';
import { createHomePane } from './home-pane.js';
import { createModals } from './modals.js';
import { currentRoute, goTo, linkTo } from './route.js';
import { createSidebar } from './sidebar.js';
import { createThreadPane } from './thread-pane.js';
import { applyTheme, createTopbar } from './topbar.js';
import { Workspace } from './workspace.js';

const PERSON_KEY = 'workspace.person';
const LAST_CHANNEL_KEY = 'workspace.channel';

applyTheme();
const asked = new URLSearchParams(location.search).get('as');
const workspace = new Workspace(asked ?? localStorage.getItem(PERSON_KEY) ?? '');
const topbar = createTopbar(workspace, (personId) => {
  localStorage.setItem(PERSON_KEY, personId);
  void workspace.become(personId).then(show);
});
const sidebar = createSidebar(workspace);
const channel = createChannelPane(workspace);
const thread = createThreadPane(workspace);
const home = createHomePane(workspace);
const modals = createModals(workspace);
document.body.append(topbar.node, el('div.panes', null, sidebar.node, channel.node, home.node, thread.node));

workspace.subscribe((change) => {
  switch (change.kind) {
    case 'state':
      topbar.draw();
      sidebar.draw();
      if (channel.current()) channel.draw();
      thread.draw();
      break;
    case 'roots':
      sidebar.draw();
      if (change.channel === channel.current()) channel.draw();
      break;
    case 'thread':
      thread.draw();
      break;
    case 'status':
      thread.drawStatus();
      break;
    case 'agent':
      if (change.channel === channel.current()) channel.draw();
      if (change.channel === workspace.thread?.channel) thread.draw();
      break;
    case 'views':
      void modals.refresh();
      break;
    case 'home':
      void home.draw();
      break;
    case 'stream':
      topbar.draw();
      break;
  }
});

/** Shows what the address says; without one, the channel last read (or, on a phone, the list of channels). */
function show() {
  const route = currentRoute();
  const phone = matchMedia('(max-width: 720px)').matches;
  if (route.place === 'none' && !phone) {
    const mine = workspace.myChannels();
    const last = mine.find((item) => item.id === localStorage.getItem(LAST_CHANNEL_KEY));
    const first = last ?? mine[0];
    if (first) return goTo(linkTo(first.id));
  }
  document.body.dataset.place = route.place === 'none' ? 'list' : route.thread ? 'thread' : route.place;
  home.node.hidden = route.place !== 'app';
  channel.node.hidden = route.place === 'app';
  if (route.place === 'app') {
    workspace.closeThread();
    void home.open();
  } else {
    if (route.channel) localStorage.setItem(LAST_CHANNEL_KEY, route.channel);
    channel.open(route.channel);
    if (route.thread) workspace.openThread(route.channel, route.thread);
    else workspace.closeThread();
    channel.draw();
  }
  sidebar.draw();
  const name = workspace.channel(route.channel);
  document.title = `${name ? `${workspace.channelName(name)} · ` : ''}${workspace.state.team.name || 'Local workspace'}`;
}

addEventListener('hashchange', show);
addEventListener('focus', () => {
  if (channel.current()) channel.draw();
  thread.draw();
  sidebar.draw();
});
setInterval(() => {
  for (const node of document.querySelectorAll('[data-ago-ts]')) {
    if (node instanceof HTMLElement)
      node.textContent = `Last reply ${ago(tsToDate(node.dataset.agoTs ?? '0'))}`;
  }
}, 20_000);

try {
  await workspace.start();
  show();
  await modals.refresh();
} catch (error) {
  document.body.append(
    el(
      'div.fatal',
      { role: 'alert' },
      el('h1', null, 'The workspace server does not answer'),
      el('p', null, error instanceof Error ? error.message : ''),
      el('button.btn.btn-primary', { type: 'button', onclick: () => location.reload() }, 'Try again'),
    ),
  );
}
document.body.dataset.ready = 'true';
