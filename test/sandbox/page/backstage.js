import { act } from './api.js';
import { callRow, logLine, requestEntry } from './backstage-lists.js';
import { arrange, el, show } from './dom.js';
import { choose as inWords, say } from './words.js';

const shown = 150;
/** Of all platforms together. */
const remembered = 6 * shown;
const tabs = ['tabCalls', 'tabRequests', 'tabLines'];

/**
 * The panel beside the chat: figures of the latest answer, things to break, and what went over the wires. Figures, calls
 * and connections are those of the platform that is looked at; model and service are one for all.
 */
export function createBackstage() {
  const root = el('aside', { class: 'backstage' });
  const [figuresBox, faultsBox, tabBox, listBox] = [1, 2, 3, 4].map(() => el('section'));
  listBox.className = 'lists';
  root.append(figuresBox, faultsBox, tabBox, listBox);
  let [calls, requests, lines] = [new Map(), new Map(), []];
  let figures = [];
  let [service, model] = [{}, {}];
  let connections = new Map();
  let platform = { id: '', title: { zh: '', en: '' } };
  let tab = 'tabCalls';
  const explanation = el('p', { class: 'aside' });
  let frame;
  let rows = new Map();
  let waiting = false;

  const here = (map) => [...map.values()].filter(({ pane }) => pane === platform.id);

  function drawFigures() {
    const latest = figures.findLast(({ pane }) => pane === platform.id);
    const refused = here(calls).filter(({ refused: was }) => was).length;
    const tile = (words, value, bad = false) =>
      el('div', { class: `tile ${bad ? 'bad' : ''}` }, el('b', {}, value), el('span', {}, say(words)));
    const time = (ms) => (ms === undefined ? '–' : `${Math.round(ms)} ms`);
    show(
      figuresBox,
      el('h3', {}, say('figures')),
      el(
        'div',
        { class: 'tiles' },
        tile('firstCard', time(latest?.firstCardMs)),
        tile('firstText', time(latest?.firstTextMs)),
        tile('callsPerAnswer', latest === undefined ? '–' : String(latest.calls)),
        tile('refusedCalls', String(refused), refused > 0),
      ),
    );
  }

  function drawFaults() {
    const phase = service.phase ?? 'starting';
    const links = connections.get(platform.id) ?? 0;
    const there = { platform: inWords(platform.title) };
    const recovery =
      service.recoveredMs === undefined
        ? ''
        : ` · ${say('recovered')} ${(service.recoveredMs / 1000).toFixed(1)} s`;
    const button = (words, target, action, title, danger = false) =>
      el(
        'button',
        {
          type: 'button',
          class: `fault ${danger ? 'danger' : ''}`,
          title,
          onclick: () => act(target, action),
          'data-action': action,
        },
        say(words, there),
      );
    show(
      faultsBox,
      el('h3', {}, say('faults')),
      el('p', { class: 'aside' }, say('faultsHint')),
      el(
        'div',
        { class: 'label' },
        say('modelFault'),
        ' ',
        el('span', { class: 'aside' }, model.words ?? ''),
      ),
      model.mode === undefined
        ? undefined
        : el(
            'div',
            { class: 'segments', role: 'group' },
            model.modes.map((mode) =>
              el(
                'button',
                {
                  type: 'button',
                  'data-mode': mode,
                  class: mode === model.mode ? `chosen ${mode === 'normal' ? '' : 'broken'}` : '',
                  title: say(`hint_${mode}`),
                  onclick: () => act('model', mode),
                },
                say(`mode_${mode}`),
              ),
            ),
          ),
      el('p', { class: 'aside' }, say(`hint_${model.mode ?? 'real'}`)),
      el(
        'div',
        { class: 'service' },
        el('span', { class: `dot dot-${phase === 'running' && links > 0 ? 'up' : 'down'}` }),
        el(
          'span',
          {},
          `${say(`phase_${phase}`)}${service.pid === undefined ? '' : ` · pid ${service.pid}`} · ${there.platform} ${links} ${say('connections')}${recovery}`,
        ),
      ),
      el(
        'div',
        { class: 'fault-row' },
        button('dropLink', platform.id, 'drop-connection', say('dropHint', there)),
        phase === 'ended'
          ? button('start', 'service', 'start')
          : button('kill', 'service', 'kill', say('killHint'), true),
      ),
      el('div', { class: 'fault-row' }, button('againLast', platform.id, 'redeliver-last', say('againHint'))),
    );
  }

  function drawTabs() {
    show(
      tabBox,
      el(
        'div',
        { class: 'tabs', role: 'tablist' },
        tabs.map((name) =>
          el(
            'button',
            {
              type: 'button',
              role: 'tab',
              'aria-selected': name === tab ? 'true' : 'false',
              onclick: () => choose(name),
            },
            say(name),
          ),
        ),
      ),
    );
  }

  function choose(name) {
    tab = name;
    drawTabs();
    drawList();
  }

  function drawList() {
    const { hint, entries, draw } = {
      tabCalls: () => ({ hint: 'callsHint', entries: newest(here(calls)), draw: callRow }),
      tabRequests: () => ({
        hint: model.mode === undefined ? 'requestsReal' : 'requestsHint',
        entries: newest([...requests.values()]),
        draw: requestEntry,
      }),
      tabLines: () => ({ hint: 'linesHint', entries: lines.slice(-shown).reverse(), draw: logLine }),
    }[tab]();
    explanation.textContent = say(entries.length === 0 ? 'nothingYet' : hint);
    if (frame?.dataset.tab !== tab) {
      frame = el(tab === 'tabCalls' ? 'table' : 'ul', { class: tab, 'data-tab': tab });
      rows = new Map();
      show(listBox, explanation, frame);
    }
    // What has not changed keeps its node: pictures stay loaded, and a selection survives.
    const next = new Map();
    for (const entry of entries) {
      const sign = JSON.stringify(entry);
      const before = rows.get(entry.id);
      next.set(entry.id, before?.sign === sign ? before : { sign, node: draw(entry) });
    }
    rows = next;
    arrange(
      frame,
      [...rows.values()].map(({ node }) => node),
    );
  }

  // Bursts of changes are drawn once a frame.
  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawFigures();
      drawList();
    });
  }

  function all() {
    frame = undefined;
    drawFigures();
    drawFaults();
    drawTabs();
    drawList();
  }

  const takers = {
    call: ({ call }) => keep(calls, `call-${call.id}`, call),
    delivery: ({ pane, delivery }) => keepDelivery(calls, pane, delivery),
    request: ({ request }) => keep(requests, request.id, request),
    line: ({ line }) => (lines = [...lines.slice(1 - 2 * shown), line]),
    figures: ({ figures: one }) =>
      (figures = [...figures.filter(({ answer }) => answer !== one.answer), one].slice(-shown)),
  };

  return {
    root,
    translate: all,
    /** Another platform is looked at. */
    open(next) {
      if (next === undefined || next.id === platform.id) return;
      platform = next;
      all();
    },
    snapshot(state) {
      calls = new Map();
      for (const { id, state: pane } of state.panes)
        pane.deliveries.forEach((delivery) => keepDelivery(calls, id, delivery));
      state.calls.forEach((call) => keep(calls, `call-${call.id}`, call));
      requests = new Map(state.requests.map((request) => [request.id, request]));
      ({ lines, figures, service, model } = state);
      connections = new Map(state.panes.map(({ id, state: pane }) => [id, pane.connections]));
      all();
    },
    take(change) {
      if (change.kind === 'service') service = change.service;
      else if (change.kind === 'model') model = { ...model, ...change.model };
      else if (change.kind === 'link') connections.set(change.pane, change.connections);
      else if (Object.hasOwn(takers, change.kind)) {
        takers[change.kind](change);
        return later();
      } else return undefined;
      return drawFaults();
    },
  };
}

/** Platforms number their pushes each for itself. */
function keepDelivery(map, pane, delivery) {
  const id = `${pane}-${delivery.id}`;
  keep(map, id, { ...delivery, id, pane });
}

function keep(map, key, value) {
  map.set(key, value);
  if (map.size > remembered) map.delete(map.keys().next().value);
}

function newest(entries) {
  const at = (entry) => entry.atMs ?? entry.attempts?.[0]?.atMs ?? 0;
  return entries.sort((one, other) => at(other) - at(one)).slice(0, shown);
}
