import { act } from '../../api.js';
import { clockTime, el, show } from '../../dom.js';
import { choose, say } from '../../words.js';
import { avatar } from './avatar.js';
import { createChat } from './chat.js';
import { createComposer } from './composer.js';
import { gist } from './message.js';

/**
 * One platform's side of the page: chat list, chat, composer. `id`: the platform's. `createReply(message, pane)` draws
 * what its bot answers with: `root`, and `update(message)` for each change.
 */
export function createChatPane({ id: platform, createReply }) {
  const list = el('nav', { class: 'chats' });
  const head = el('header', { class: 'chat-head' });
  const speakers = el('div', { class: 'speakers' });
  const starters = el('div', { class: 'starters' });
  const messages = new Map();
  let state = {
    bot: '',
    title: { zh: '', en: '' },
    people: [],
    group: { id: '', name: '' },
    names: [],
    otherKinds: [],
  };
  let speaker = 0;
  let current;
  let composer;

  const pane = {
    id: platform,
    createReply,
    say: (name) => say(name, { bot: state.bot, platform: choose(state.title) }),
    can: (ability) => state[ability] === true,
    otherKinds: () => state.otherKinds,
    find: (id) => messages.get(id),
    name: (id) => (id === 'bot' ? state.bot : (state.people.find((person) => person.id === id)?.name ?? id)),
    speaker: () => state.people[speaker] ?? { id: '', name: '' },
    bot: () => state.bot,
    inGroup: () => current === state.group.id,
    names: () => state.names,
    answer(message, inThread) {
      const words = `${say(inThread ? 'topicOf' : 'replyTo')} ${pane.name(message.from)}：${gist(message).slice(0, 60)}`;
      composer.answer(message, inThread, words);
    },
    async send(message) {
      chat.toEnd();
      const taken = await act(platform, 'say', { ...message, chat: current, by: pane.speaker().id });
      return taken !== undefined;
    },
  };
  const chat = createChat(pane);
  const talk = el('section', { class: 'talk' }, head, chat.root, starters);
  const root = el('div', { class: 'pane' }, list, talk);
  talk.addEventListener('dragover', (event) => event.preventDefault());
  talk.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.target.closest('.composer') === null) void composer.attach([...event.dataTransfer.files]);
  });

  const inChat = (id) =>
    [...messages.values()]
      .filter((message) => message.chat === id)
      .sort((one, other) => one.atMs - other.atMs);
  const visible = () => [
    { id: state.group.id, name: state.group.name, group: true },
    { id: pane.speaker().direct, name: state.bot, group: false },
  ];

  function open(id) {
    current = id;
    if (!pane.inGroup() && inChat(id).length === 0)
      void act(platform, 'open-direct', { by: pane.speaker().id });
    redraw();
  }

  function redraw() {
    drawList();
    drawHead();
    drawSpeakers();
    drawStarters();
    chat.reset(inChat(current));
    composer.refresh();
  }

  function drawList() {
    show(
      list,
      visible().map(({ id, name, group }) => {
        const last = inChat(id).at(-1);
        const words =
          last === undefined ? say('directHint') : `${group ? `${pane.name(last.from)}：` : ''}${gist(last)}`;
        return el(
          'button',
          { type: 'button', class: `chat-entry ${id === current ? 'chosen' : ''}`, onclick: () => open(id) },
          group
            ? el('span', { class: 'avatar avatar-group', 'aria-hidden': 'true' }, '组')
            : avatar(name, true),
          el(
            'span',
            { class: 'chat-words' },
            el(
              'span',
              { class: 'chat-name' },
              name,
              group ? undefined : el('span', { class: 'tag' }, say('botRole')),
            ),
            el('span', { class: 'chat-preview' }, words),
          ),
          last === undefined ? undefined : el('time', {}, clockTime(last.atMs)),
        );
      }),
    );
  }

  function drawHead() {
    const group = pane.inGroup();
    show(
      head,
      el('h2', {}, group ? state.group.name : state.bot),
      el(
        'span',
        { class: 'aside' },
        group ? `${state.people.length + 1} ${say('groupOf')}` : say('directHint'),
      ),
      el('span', { class: 'aside how', title: say(`how_${platform}`) }, say(`how_${platform}`)),
    );
  }

  function drawSpeakers() {
    show(
      speakers,
      el('span', { class: 'aside' }, say('speakAs')),
      state.people.map((person, index) =>
        el(
          'button',
          {
            type: 'button',
            class: `speaker ${index === speaker ? 'chosen' : ''}`,
            'aria-pressed': index === speaker ? 'true' : 'false',
            title: say('speakHint'),
            onclick: () => speakAs(index),
          },
          avatar(person.name),
          el('span', {}, person.name),
          person.role === undefined ? undefined : el('span', { class: 'aside' }, choose(person.role)),
          person.admin ? el('span', { class: 'tag tag-admin' }, say('admin')) : undefined,
        ),
      ),
    );
  }

  function speakAs(index) {
    const direct = !pane.inGroup();
    speaker = index;
    open(direct ? pane.speaker().direct : current);
  }

  function drawStarters() {
    const asked = inChat(current).some(({ from }) => from === pane.speaker().id);
    starters.hidden = asked;
    show(
      starters,
      el('span', { class: 'aside' }, say('tryThese')),
      ['tryTable', 'tryPicture', 'tryThink', 'tryStatus'].map((name) =>
        el(
          'button',
          {
            type: 'button',
            class: 'starter',
            onclick: () => composer.write(pane.say(name)),
          },
          pane.say(name),
        ),
      ),
    );
  }

  return {
    root,
    snapshot(next) {
      state = next;
      messages.clear();
      next.messages.forEach((message) => messages.set(message.id, message));
      if (!visible().some(({ id }) => id === current)) current = state.group.id;
      if (composer === undefined) {
        composer = createComposer(pane);
        talk.append(speakers, composer.root);
      }
      redraw();
    },
    take({ kind, message }) {
      if (kind !== 'message') return;
      messages.set(message.id, message);
      drawList();
      if (message.chat !== current) return;
      chat.change(message, inChat(current));
      drawStarters();
    },
    /** The language has changed. */
    translate() {
      composer.root.remove();
      composer = createComposer(pane);
      talk.append(composer.root);
      redraw();
    },
  };
}
