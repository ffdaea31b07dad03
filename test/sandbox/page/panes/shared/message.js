import { act, toast } from '../../api.js';
import { clockTime, el, show } from '../../dom.js';
import { markdown } from '../../markdown.js';
import { say } from '../../words.js';
import { avatar } from './avatar.js';

/** A message's first words, as a quote or the chat list shows them. */
export function gist(message) {
  if (message.state !== 'sent') return say(message.state);
  if (message.summary !== undefined) return message.summary || say('card');
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
 * One message that follows its changes. `pane` gives: `id`, `find(id)`, `name(id)`, `speaker()`, `inGroup()`, `can(ability)`,
 * `answer(message, inThread)` and the platform's own `createReply(message, pane)`, which draws what the bot answers with.
 */
export function createMessage(first, pane) {
  const isBot = first.from === 'bot';
  const content = el('div', { class: 'content' });
  const quote = el('div', { class: 'quote' });
  const tools = el('div', { class: 'tools' });
  const replies = el('div', { class: 'thread' });
  let reply;
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
      reply ??= pane.createReply(message, pane);
      reply.update(message);
      if (content.firstChild !== reply.root) show(content, reply.root);
    } else {
      const now = JSON.stringify([message.lines, message.state]);
      if (now !== sign) show(content, gone ? goneWords(message, pane) : bubble(message, pane));
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

function goneWords(message, pane) {
  return el('div', { class: 'gone-words' }, `${pane.name(message.from)} ${say(message.state)}`);
}

function bubble(message, pane) {
  const lines = message.lines.map((line) =>
    el(
      'div',
      { class: 'line' },
      line.map((piece) => drawn(piece, message, pane)),
    ),
  );
  return el('div', { class: 'bubble' }, lines);
}

function drawn({ kind, text }, message, pane) {
  switch (kind) {
    case 'text':
      return text;
    case 'at':
      return el('span', { class: 'mention' }, text);
    case 'md':
      return el('div', { class: 'md' }, markdown(text));
    case 'img':
      return picture(pane.id, message.id, text);
    default:
      return el('span', { class: 'attachment' }, `[${say(kind)}] ${text}`);
  }
}

function picture(platform, message, key) {
  const address = `/pictures/${platform}/${encodeURIComponent(message)}/${encodeURIComponent(key)}`;
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
    const done = await act(pane.id, 'redeliver', { message: message.id, times: 5 });
    if (done !== undefined) toast(say('againDone'));
  };
  return [
    tool('reply', () => pane.answer(message, false)),
    pane.can('topics') && pane.inGroup() ? tool('inTopic', () => pane.answer(message, true)) : undefined,
    pane.can('recall') && message.from === id
      ? tool('recall', () => act(pane.id, 'recall', { message: message.id, by: id }))
      : undefined,
    message.from === 'bot' ? undefined : tool('again', again, say('againHint')),
  ];
}
