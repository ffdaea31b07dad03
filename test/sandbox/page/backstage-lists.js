import { clockTime, el } from './dom.js';
import { say } from './words.js';

/** One call to a platform, or one event it pushed. */
export function callRow(entry) {
  return entry.eventType === undefined ? outgoing(entry) : incoming(entry);
}

function outgoing({ api, atMs, durationMs, status, code, bytes: size, refused }) {
  const words = status === 0 ? say('dropped') : [status, code].filter(Boolean).join(' · ') || 'ok';
  return el(
    'tr',
    { class: refused ? 'bad' : '' },
    el('td', {}, clockTime(atMs, true)),
    el('td', { class: 'wide', title: api }, '→ ', api),
    el('td', {}, words),
    el('td', { class: 'number' }, `${Math.round(durationMs)} ms`),
    el('td', { class: 'number' }, bytes(size)),
  );
}

const well = ['acknowledged', 'sent', 'pending'];

function incoming({ eventType, attempts, state, label }) {
  const last = attempts.at(-1);
  const outcome = last?.outcome ?? state;
  const name = eventType
    .replace(/^im\./, '')
    .replace(/_v1$/, '')
    .replace(/^\/v1\.0\//, '');
  return el(
    'tr',
    { class: `event ${well.includes(outcome) ? '' : 'bad'}` },
    el('td', {}, last === undefined ? '' : clockTime(last.atMs, true)),
    el('td', { class: 'wide', title: eventType }, '← ', label === undefined ? name : `${name} ${label}`),
    el('td', { title: say(outcome === 'sent' ? 'ev_sent_hint' : `ev_${outcome}`) }, say(`ev_${outcome}`)),
    el('td', { class: 'number' }, last?.durationMs === undefined ? '' : `${Math.round(last.durationMs)} ms`),
    el('td', { class: 'number' }, attempts.length > 1 ? `×${attempts.length}` : ''),
  );
}

function bytes(count) {
  return count < 1000 ? `${count} B` : `${(count / 1024).toFixed(1)} KB`;
}

/** What the model server received for one question. */
export function requestEntry(request) {
  const { id, atMs, model, text, images, earlier, tokens, tokensPerSecond, promptTokens, outcome, status } =
    request;
  const facts = [
    model?.split('/').at(-1),
    promptTokens === undefined ? undefined : `${promptTokens} → ${tokens} ${say('tokens')}`,
    tokensPerSecond === undefined ? undefined : `${tokensPerSecond} ${say('perSecond')}`,
    earlier > 0 ? `+${earlier} ${say('earlier')}` : undefined,
  ].filter((fact) => fact !== undefined);
  return el(
    'li',
    { class: 'request' },
    el(
      'div',
      { class: 'request-head' },
      el('time', {}, clockTime(atMs, true)),
      el(
        'span',
        { class: `pill pill-${outcome}` },
        status !== undefined && status >= 400 ? String(status) : say(`out_${outcome}`),
      ),
    ),
    el('div', { class: 'request-text' }, text),
    images.length === 0
      ? undefined
      : el(
          'div',
          { class: 'request-pictures' },
          images.map((image, index) => picture(id, image, index)),
        ),
    el('div', { class: 'aside' }, facts.join(' · ')),
  );
}

function picture(request, { width, height, format, bytes: size, upright }, index) {
  const words = `${width} × ${height} · ${format.toUpperCase()} · ${bytes(size)}${upright ? ` · ${say('upright')}` : ''}`;
  return el(
    'figure',
    {},
    el('img', { src: `/pictures/model/${request}/${index}`, alt: words }),
    el('figcaption', {}, words),
  );
}

/** One line of the service's log. */
export function logLine({ level, atMs, message, fields }) {
  const words = Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ');
  return el(
    'li',
    { class: `line-${level}` },
    el('time', {}, clockTime(atMs, true)),
    ' ',
    el('b', {}, message),
    ' ',
    el('span', {}, words.slice(0, 400)),
  );
}
