import { randomUUID } from 'node:crypto';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { ReplyTarget } from '../../../src/contract/ids.ts';
import type { Admission } from '../../../src/contract/inbound.ts';
import { proofOf } from '../memory/platform.ts';
import { both, withEvents, withInbox, withMessages, withRequests, type Broken } from './tools.ts';

const accepted: Admission = { outcome: 'accepted' };
const webhook = { webhook: true } as const;

export const brokenInbound: readonly Broken[] = [
  {
    is: 'takes a redelivery for another message',
    anywhere: true,
    caughtBy: ['gives one message one key however often it is delivered, and another message another key'],
    adapter: withMessages(() => ({ eventKey: randomUUID() as never })),
  },
  {
    is: 'takes another message for a redelivery',
    caughtBy: ['gives one message one key however often it is delivered, and another message another key'],
    adapter: withMessages(({ text }) => ({ eventKey: text as never })),
  },
  {
    is: 'tidies up what people write',
    caughtBy: [
      'takes what is said in the direct chat as addressed, word for word, with sender, place and time',
    ],
    adapter: withMessages(({ text }) => ({ text: text.replaceAll(/\s+/g, ' ') })),
  },
  {
    is: 'takes the time of arrival in seconds for milliseconds',
    caughtBy: [
      'takes what is said in the direct chat as addressed, word for word, with sender, place and time',
    ],
    adapter: withMessages(({ sentAt }) => ({ sentAt: new Date(sentAt.getTime() / 1000) })),
  },
  {
    is: 'leaves its own mention in the text',
    caughtBy: ['takes what mentions the bot in a group as addressed, and leaves the mention out of the text'],
    adapter: withMessages(({ text }) => ({ text: `@bot ${text}` })),
  },
  {
    is: 'feels addressed by everything',
    anywhere: true,
    caughtBy: ['takes what does not mention the bot in a group as not addressed'],
    adapter: withMessages(() => ({ addressed: true })),
  },
  {
    is: 'feels addressed by a call to everyone',
    caughtBy: ['does not take a mention of everyone for a mention of the bot'],
    adapter: withMessages(({ text, addressed }) => ({ addressed: addressed || text.includes('@all') })),
  },
  {
    is: 'drops all mentions',
    caughtBy: ['keeps the mention of another person readable'],
    adapter: withMessages(({ text }) => ({ text: text.replaceAll(/@\w+ /g, '') })),
  },
  {
    is: 'does not know topics',
    caughtBy: ['tells people and places apart, and knows them again'],
    adapter: withMessages(({ place: { adapter, platform, tenant, chat, kind } }) => ({
      place: { adapter, platform, tenant, chat, kind },
    })),
  },
  {
    is: 'takes all people for one',
    caughtBy: ['tells people and places apart, and knows them again'],
    adapter: withMessages(({ sender }) => ({ sender: { ...sender, key: 'person' as never } })),
  },
  {
    is: 'takes pictures in the wrong order',
    caughtBy: ['brings pictures in their order, each with its own bytes'],
    adapter: withMessages(({ media }) => ({ media: media.toReversed() })),
  },
  {
    is: 'cuts pictures',
    anywhere: true,
    caughtBy: [
      'brings pictures in their order, each with its own bytes',
      'fetches the pictures of a quoted message',
    ],
    adapter: (adapter) => ({
      ...adapter,
      async fetchMedia(ref, signal) {
        const { stream } = await adapter.fetchMedia(ref, signal);
        return {
          stream: (async function* () {
            for await (const piece of stream) yield piece.slice(0, 1_000);
          })(),
        };
      },
    }),
  },
  {
    is: 'says nothing of what it cannot read',
    caughtBy: ['names what it cannot read'],
    adapter: withMessages(() => ({ unreadable: [] })),
  },
  {
    is: 'finds no words in a quote',
    caughtBy: ['fetches the words of a quoted message, which are not in the text'],
    adapter: (adapter) => ({
      ...adapter,
      fetchQuote: async (...given) => ({ ...(await adapter.fetchQuote(...given)), text: '' }),
    }),
  },
  {
    is: 'finds no pictures in a quote',
    caughtBy: ['fetches the pictures of a quoted message'],
    adapter: (adapter) => ({
      ...adapter,
      fetchQuote: async (...given) => ({ ...(await adapter.fetchQuote(...given)), media: [] }),
    }),
  },
  {
    is: 'keeps reply targets in its memory',
    caughtBy: ['mints references that survive storage, and that another process understands'],
    adapter(adapter) {
      const targets = new Map<unknown, ReplyTarget>();
      const minting = withMessages(({ replyTarget }) => {
        const ticket = randomUUID();
        targets.set(ticket, replyTarget);
        return { replyTarget: ticket as never };
      })(adapter);
      return {
        ...minting,
        async openReply(opening, signal) {
          const target = targets.get(opening.target);
          if (target === undefined) throw new AdapterError('invalid', 'unknown ticket');
          return adapter.openReply({ ...opening, target }, signal);
        },
      };
    },
  },
  {
    is: 'acknowledges before the message is stored',
    anywhere: true,
    caughtBy: ['acknowledges a message once the inbox has stored it, not before, and then gets it no more'],
    adapter: withInbox((inbox) => async (event) => {
      void inbox(event).catch(() => undefined);
      return accepted;
    }),
  },
  {
    is: 'acknowledges what could not be stored',
    anywhere: true,
    caughtBy: ['does not acknowledge what the inbox could not store, so that it comes again'],
    adapter: withInbox((inbox) => (event) => inbox(event).catch(() => accepted)),
  },
  {
    is: 'takes events while paused',
    anywhere: true,
    caughtBy: ['when paused takes no events, but lets a reply grow to its end'],
    adapter: (adapter) => ({ ...adapter, pause: async () => undefined }),
  },
  {
    is: 'stops altogether when paused',
    caughtBy: ['when paused takes no events, but lets a reply grow to its end'],
    adapter: (adapter) => ({ ...adapter, pause: () => adapter.stop() }),
  },
  {
    is: 'does not stop',
    caughtBy: [
      'when stopped takes no events',
      'is up once the platform is reached, and down once stopped, which may be said twice',
      'ends a call under way when it is stopped',
    ],
    adapter: (adapter) => ({ ...adapter, stop: async () => undefined }),
  },
  {
    is: 'does not say which message was recalled',
    caughtBy: ['tells which message was recalled by the key that message had'],
    adapter: withEvents((event) =>
      event.type === 'recalled' ? { ...event, message: event.eventKey } : event,
    ),
  },
  {
    is: 'loses the ids of buttons',
    anywhere: true,
    caughtBy: [
      'brings a press back with the button’s id and the presser, shows the answer, and tells presses apart',
    ],
    adapter: withEvents((event) => (event.type === 'action' ? { ...event, button: 'pressed' } : event)),
  },
  {
    is: 'keeps the answer to a press to itself',
    caughtBy: [
      'brings a press back with the button’s id and the presser, shows the answer, and tells presses apart',
    ],
    adapter: withInbox((inbox) => async (event) => ({ outcome: (await inbox(event)).outcome })),
  },
  {
    is: 'takes the asker for whoever presses',
    caughtBy: ['lets a growing reply be stopped, also by somebody else in the group, and says who it was'],
    adapter: withEvents((event) =>
      event.type === 'action' ? { ...event, actor: { key: 'person-asker' as never } } : event,
    ),
  },
  {
    is: 'sends nothing without being asked',
    caughtBy: ['tells where it is welcome, and can write there, also from another process'],
    adapter: (adapter) => ({ ...adapter, send: async () => undefined }),
  },
  {
    is: 'takes a group for a person',
    caughtBy: ['writes to a group without being asked, where it says so'],
    adapter: (adapter) => ({ ...adapter, addressOfGroup: () => adapter.addressOf('person-asker' as never) }),
  },
  {
    is: 'denies that it can write to groups',
    caughtBy: ['writes to a group without being asked, where it says so'],
    adapter: (adapter) => ({ ...adapter, addressOfGroup: () => undefined }),
  },
  {
    is: 'takes whoever it likes for the owner of a group',
    caughtBy: ['tells who owns a group, or says that it cannot'],
    adapter: (adapter) => ({ ...adapter, ownerOf: async () => 'person-colleague' as never }),
  },
  {
    is: 'sends again what it has sent',
    caughtBy: ['shows a message sent twice under one key once'],
    adapter: (adapter) => ({
      ...adapter,
      send: (to, content, _key, signal) => adapter.send(to, content, randomUUID(), signal),
    }),
  },
  {
    is: 'has a webhook just anywhere',
    caughtBy: ['has webhooks under /webhooks/ only, each with its methods'],
    options: webhook,
    adapter: (adapter) => ({
      ...adapter,
      webhooks: adapter.webhooks.map((route) => ({ ...route, path: '/hook' })),
    }),
  },
  {
    is: 'believes every request',
    caughtBy: [
      'answers whatever is no request of the platform with 4xx, and does nothing',
      'answers what was made from a genuine request with 4xx, and does nothing',
    ],
    options: webhook,
    adapter: withRequests((request) => ({
      ...request,
      headers: { ...request.headers, 'x-proof': proofOf(Buffer.from(request.body).toString()) },
    })),
  },
  {
    is: 'falls for a replay',
    caughtBy: ['takes a replayed request for no further event'],
    options: webhook,
    adapter: both(
      withMessages(() => ({ eventKey: randomUUID() as never })),
      withRequests((request) => ({
        ...request,
        headers: { ...request.headers, 'x-delivery': randomUUID() },
      })),
    ),
  },
];
