import { follow } from './api.js';
import { createBackstage } from './backstage.js';
import { el, show } from './dom.js';
import { choose, say, inEnglish, switchLanguage } from './words.js';

/** Platforms with a pane of their own: a new one is a module in `panes/` and a line here. */
const modules = {
  feishu: () => import('./panes/feishu.js'),
  dingtalk: () => import('./panes/dingtalk.js'),
  wecom: () => import('./panes/wecom.js'),
};

const header = el('header', { class: 'top' });
const stage = el('main', { class: 'stage' });
const banner = el('div', { class: 'banner', hidden: true, role: 'alert' });
const backstage = createBackstage();
const panes = new Map();
let titles = [];
let current;

document.body.append(header, banner, el('div', { class: 'layout' }, stage, backstage.root));
if (inEnglish()) document.documentElement.lang = 'en';

function drawHeader() {
  document.title = say('title');
  show(
    header,
    el('h1', {}, say('title')),
    el('span', { class: 'tagline' }, say('tagline')),
    el(
      'div',
      { class: 'platforms' },
      titles.map(({ id, title }) =>
        el(
          'button',
          {
            type: 'button',
            class: id === current ? 'chosen' : '',
            'aria-pressed': id === current ? 'true' : 'false',
            'data-pane': id,
            onclick: () => open(id),
          },
          choose(title),
        ),
      ),
    ),
    el(
      'button',
      { type: 'button', class: 'switch only-narrow', onclick: toggleBackstage },
      say(document.body.classList.contains('behind') ? 'backToChat' : 'backstage'),
    ),
    el(
      'button',
      { type: 'button', class: 'switch language', onclick: translate },
      inEnglish() ? '中文' : 'English',
    ),
  );
}

function toggleBackstage() {
  document.body.classList.toggle('behind');
  drawHeader();
}

function translate() {
  switchLanguage();
  drawHeader();
  backstage.translate();
  panes.forEach((pane) => pane.translate());
}

function open(id) {
  current = id;
  document.body.dataset.platform = id;
  backstage.open(titles.find((known) => known.id === id));
  const pane = panes.get(id);
  if (pane !== undefined) show(stage, pane.root);
  drawHeader();
}

async function snapshot(state) {
  for (const { id, state: content } of state.panes) {
    if (!panes.has(id) && Object.hasOwn(modules, id)) panes.set(id, (await modules[id]()).createPane());
    panes.get(id)?.snapshot(content);
  }
  titles = state.panes;
  backstage.snapshot(state);
  open(panes.has(current) ? current : state.panes[0]?.id);
}

// In order, although a pane's module is loaded when it is first needed.
let turn = Promise.resolve();
follow(
  (change) => {
    turn = turn.then(() => {
      if (change.kind === 'snapshot') return snapshot(change);
      panes.get(change.pane)?.take(change);
      return backstage.take(change);
    });
  },
  (linked) => {
    banner.hidden = linked;
    banner.textContent = say('linkLost');
  },
);
drawHeader();
