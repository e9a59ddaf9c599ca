// The app's own page: what it published as its home tab, and the way to its direct messages.

import { renderBlocks } from '../blocks/render.js';
import { el } from '../dom.js';
import { icon } from '../icons.js';
import { appAvatar } from './avatar.js';
import { getHome, openHome } from './control-api.js';
import { renderContext, report } from './page-context.js';
import { currentRoute, linkTo } from './route.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */

/** @param {Workspace} workspace */
export function createHomePane(workspace) {
  const head = el('header.pane-head');
  const body = el('div.home');
  const node = el(
    'main.pane.home-pane',
    { data: { pane: 'home' }, hidden: true },
    head,
    el('div.scroller', null, body),
  );

  /** Tells the app that its home was opened, then shows what it publishes. */
  async function open() {
    drawHead();
    await openHome(workspace.meId).catch(report);
    await draw();
  }

  function drawHead() {
    const direct = workspace
      .myChannels()
      .find(
        (channel) => channel.is_im && workspace.otherSide(channel)?.id === workspace.state.app.bot_user_id,
      );
    head.replaceChildren(
      el('a.icon-button.go-back', { href: '#/', 'aria-label': 'All channels' }, icon('back')),
      el(
        'div.pane-title',
        null,
        el('h1', null, appAvatar(workspace, 'tiny'), workspace.appName()),
        el('p', null, 'App'),
      ),
      el(
        'nav.tabs',
        null,
        el('a.tab.here', { href: '#/app', 'aria-current': 'page' }, 'Home'),
        direct && el('a.tab', { href: linkTo(direct.id) }, 'Messages'),
      ),
    );
  }

  async function draw() {
    if (currentRoute().place !== 'app') return;
    const view = await getHome(workspace.meId).catch(() => null);
    if (!view?.blocks?.length) {
      body.replaceChildren(
        el(
          'div.empty',
          null,
          appAvatar(workspace),
          el('h2', null, 'Nothing here yet'),
          el('p', null, `${workspace.appName()} has not published a home tab for you.`),
        ),
      );
      return;
    }
    const ctx = renderContext(workspace, {
      surface: 'home',
      place: `view:${view.id}`,
      target: { view_id: view.id },
    });
    body.replaceChildren(...renderBlocks(view.blocks, ctx));
  }

  return { node, open, draw };
}
