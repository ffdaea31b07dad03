import { arrange, el, show } from '../../dom.js';
import { say } from '../../words.js';
import { createMessage } from './message.js';

/** The messages of one chat, topics folded into the message they began with; stays at the end while the reader is there. */
export function createChat(pane) {
  const flow = el('div', { class: 'flow' });
  const root = el('div', { class: 'scroller', tabindex: '0' }, flow);
  const drawn = new Map();
  let following = true;
  root.addEventListener('scroll', () => {
    following = root.scrollHeight - root.scrollTop - root.clientHeight < 80;
  });
  // Text grows without a message of its own (it is typed out), so the end is kept in sight by looking.
  new window.ResizeObserver(() => {
    if (following) root.scrollTop = root.scrollHeight;
  }).observe(flow);

  function put(message) {
    const known = drawn.get(message.id);
    if (known !== undefined) known.update(message);
    else drawn.set(message.id, createMessage(message, pane));
  }

  function order(messages) {
    const top = messages.filter(
      ({ id, thread, threadRoot }) => thread === undefined || threadRoot === id || !drawn.has(threadRoot),
    );
    arrange(
      flow,
      messages.length === 0
        ? [el('p', { class: 'empty' }, say('emptyDirect'))]
        : top.map(({ id }) => drawn.get(id).root),
    );
    for (const { id } of top) {
      const inTopic = messages.filter((message) => message.threadRoot === id && message.id !== id);
      const { replies } = drawn.get(id);
      const head =
        inTopic.length === 0
          ? undefined
          : (replies.querySelector('.thread-head') ?? el('div', { class: 'thread-head' }));
      if (head !== undefined) head.textContent = `${inTopic.length} ${say('topicReplies')}`;
      arrange(replies, [head, ...inTopic.map((message) => drawn.get(message.id).root)]);
    }
  }

  return {
    root,
    /** Everything anew: another chat, another speaker, another language. */
    reset(messages) {
      drawn.clear();
      show(flow);
      messages.forEach(put);
      order(messages);
      following = true;
      root.scrollTop = root.scrollHeight;
    },
    change(message, messages) {
      const known = drawn.has(message.id);
      put(message);
      if (!known || message.threadRoot === message.id) order(messages);
    },
    toEnd() {
      following = true;
      root.scrollTop = root.scrollHeight;
    },
  };
}
