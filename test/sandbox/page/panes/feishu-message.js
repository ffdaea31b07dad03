import { act, toast } from '../api.js';
import { createCard } from '../card.js';
import { clockTime, el, show } from '../dom.js';
import { markdown } from '../markdown.js';
import { say } from '../words.js';

const colours = 8;

/** A round picture of somebody's name. */
export function avatar(name, bot = false) {
  const number = [...name].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % colours;
  return el(
    'span',
    { class: `avatar ${bot ? 'avatar-bot' : `tone-${number}`}`, 'aria-hidden': 'true' },
    initials(name),
  );
}

function initials(name) {
  const characters = [...name];
  return /^[A-Za-z]/.test(name)
    ? characters.slice(0, 1).join('').toUpperCase()
    : characters.slice(-2).join('');
}

/** A message's first words, as a quote or the chat list shows them. */
export function gist(message) {
  if (message.state !== 'sent') return say(message.state);
  if (message.card !== undefined) return message.card.summary === '' ? say('card') : message.card.summary;
  const words = message.lines
    .map((line) =>
      line
        .map(({ kind, text }) =>
          kind === 'img'
            ? say('pictureMark')
            : kind === 'text' || kind === 'at' || kind === 'md'
              ? text
              : `[${say(kind)}] ${text}`,
        )
        .join(''),
    )
    .join(' ')
    .trim();
  return words === '' ? say('card') : words;
}

/**
 * One message that follows its changes. `pane` gives: `find(id)`, `name(id)`, `speaker()`, `answer(message, inThread)`.
 */
export function createMessage(first, pane) {
  const isBot = first.from === 'bot';
  const content = el('div', { class: 'content' });
  const quote = el('div', { class: 'quote' });
  const tools = el('div', { class: 'tools' });
  const replies = el('div', { class: 'thread' });
  const card = createCard((value, label) => press(first.id, value, label, pane));
  const own = first.from === pane.speaker().id;
  const root = el(
    'div',
    { class: `message ${isBot ? 'from-bot' : ''} ${own ? 'own' : ''}`, 'data-id': first.id },
    avatar(pane.name(first.from), isBot),
    el(
      'div',
      { class: 'message-main' },
      el(
        'div',
        { class: 'message-head' },
        el('span', { class: 'name' }, pane.name(first.from)),
        isBot ? el('span', { class: 'tag' }, say('botRole')) : undefined,
        el('time', {}, clockTime(first.atMs)),
        tools,
      ),
      quote,
      content,
      replies,
    ),
  );
  let sign = '';

  function update(message) {
    const gone = message.state !== 'sent';
    root.classList.toggle('gone', gone);
    showQuote(message);
    if (!gone && message.card !== undefined) {
      card.update(message.card);
      if (content.firstChild !== card.root) show(content, card.root);
    } else {
      const now = JSON.stringify([message.lines, message.state]);
      if (now !== sign) show(content, gone ? goneWords(message, pane) : bubble(message));
      sign = now;
    }
    show(tools, gone ? [] : toolButtons(message, pane));
  }

  function showQuote({ parent, thread, threadRoot }) {
    const quoted =
      parent === undefined || thread !== undefined || threadRoot !== undefined
        ? undefined
        : pane.find(parent);
    quote.hidden = quoted === undefined;
    if (quoted === undefined) return;
    quote.textContent = `${say('replyTo')} ${pane.name(quoted.from)}：${gist(quoted).slice(0, 80)}`;
  }

  update(first);
  return { root, replies, update };
}

async function press(message, value, label, pane) {
  const answer = await act('feishu', 'press', { message, by: pane.speaker().id, value, label });
  if (answer === undefined) return;
  if (answer.toast !== undefined) toast(answer.toast.content, answer.toast.type);
  else if (answer.code !== 0) toast(`${say('pressFailed')} (${answer.code})`, 'error');
}

function goneWords(message, pane) {
  return el('div', { class: 'gone-words' }, `${pane.name(message.from)} ${say(message.state)}`);
}

function bubble(message) {
  const lines = message.lines.map((line) =>
    el(
      'div',
      { class: 'line' },
      line.map((piece) => drawn(piece, message)),
    ),
  );
  return el('div', { class: 'bubble' }, lines);
}

function drawn({ kind, text }, message) {
  switch (kind) {
    case 'text':
      return text;
    case 'at':
      return el('span', { class: 'mention' }, text);
    case 'md':
      return el('div', { class: 'md' }, markdown(text));
    case 'img':
      return picture(message.id, text);
    default:
      return el('span', { class: 'attachment' }, `[${say(kind)}] ${text}`);
  }
}

function picture(message, key) {
  const address = `/pictures/feishu/${encodeURIComponent(message)}/${encodeURIComponent(key)}`;
  const failed = ({ target }) => target.replaceWith(el('span', { class: 'attachment' }, say('pictureMark')));
  return el(
    'a',
    { href: address, target: '_blank', rel: 'noopener' },
    el('img', { class: 'sent-picture', src: address, alt: say('pictureMark'), onerror: failed }),
  );
}

function toolButtons(message, pane) {
  const tool = (words, onclick, title) =>
    el('button', { type: 'button', class: 'tool', onclick, title }, say(words));
  const { id } = pane.speaker();
  const again = async () => {
    const done = await act('feishu', 'redeliver', { message: message.id, times: 5 });
    if (done !== undefined) toast(say('againDone'));
  };
  return [
    tool('reply', () => pane.answer(message, false)),
    pane.inGroup() ? tool('inTopic', () => pane.answer(message, true)) : undefined,
    message.from === id
      ? tool('recall', () => act('feishu', 'recall', { message: message.id, by: id }))
      : undefined,
    message.from === 'bot' ? undefined : tool('again', again, say('againHint')),
  ];
}
