import { dingtalkTemplate } from '../../contract/dingtalk-harness.ts';
import { wecomEnvironment } from '../../contract/wecom-integration.ts';
import { startDingTalkSimulator } from '../../simulators/dingtalk/simulator.ts';
import { startFeishuSimulator } from '../../simulators/feishu/simulator.ts';
import { startWeComSimulator } from '../../simulators/wecom/simulator.ts';
import type { ServiceEnvironment } from '../../support/service-process.ts';

/** One way of receiving, for a measurement that only sends messages and looks at how soon they were taken. */
export type OpenWay = {
  readonly environment: ServiceEnvironment;
  /** The service listens on this port. */
  point(port: number): void;
  reachable(): boolean;
  /** The message of this number, each person's in turn. */
  say(number: number): void;
  /** How long each message took until it was acknowledged, in milliseconds; undefined while one is still to be. */
  times(): readonly (number | undefined)[];
  refused(): number;
  stop(): Promise<void>;
};

export type Way = { readonly name: string; open(people: number): Promise<OpenWay> };

const each = <Made>(count: number, make: (index: number) => Made): readonly Made[] =>
  Array.from({ length: count }, (_, index) => make(index));

function nth<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length];
  if (item === undefined) throw new Error('there is nobody');
  return item;
}

/** Messages of many people in many groups. One in ten asks; the others are talk that is stored and left alone. */
const feishu = (name: string, webhook: boolean): Way => ({
  name,
  async open(people) {
    const sim = await startFeishuSimulator({ history: 'off', rules: { groupMessages: 'all' } });
    const { appId, appSecret, encryptKey, verificationToken } = sim.app;
    const from = each(people, (person) => sim.addUser({ name: `同事 ${person}` }));
    const groups = each(50, (group) => sim.addChat({ kind: 'group', name: `群 ${group}`, members: from }));
    return {
      environment: {
        FEISHU_APP_ID: appId,
        FEISHU_APP_SECRET: appSecret,
        FEISHU_BASE_URL: sim.url,
        FEISHU_MODE: webhook ? 'webhook' : 'ws',
        ...(webhook ? { FEISHU_ENCRYPT_KEY: encryptKey, FEISHU_VERIFICATION_TOKEN: verificationToken } : {}),
      },
      point(port) {
        if (webhook) sim.useWebhook({ url: `http://127.0.0.1:${port}/webhooks/feishu`, encrypted: true });
      },
      reachable: () => webhook || sim.connections().some((connection) => connection.ready()),
      say(number) {
        const text = number % 10 === 0 ? '@{bot} 你好' : '闲聊';
        sim.say({ chat: nth(groups, number), from: nth(from, number), said: { kind: 'text', text } });
      },
      times: () =>
        sim
          .deliveries()
          .map(({ state, attempts: [first] }) => (state === 'acknowledged' ? first?.durationMs : undefined)),
      refused: () => sim.refused().length,
      stop: () => sim.stop(),
    };
  },
});

/** A robot is sent nothing but what is said to it: every message is a question, and stands in the line of its person. */
const dingtalk: Way = {
  name: 'DingTalk, Stream',
  async open(people) {
    const sim = await startDingTalkSimulator({ templates: [dingtalkTemplate], history: 'off' });
    const from = each(people, (person) => sim.addPerson({ name: `同事 ${person}` }));
    return {
      environment: {
        DINGTALK_CLIENT_ID: sim.app.clientId,
        DINGTALK_CLIENT_SECRET: sim.app.clientSecret,
        DINGTALK_BASE_URL: sim.url,
        DINGTALK_OAPI_BASE_URL: sim.oapiUrl,
        DINGTALK_CARD_TEMPLATE_ID: dingtalkTemplate.id,
      },
      point: () => undefined,
      reachable: () => sim.connections().some((connection) => !connection.leaving()),
      say(number) {
        const person = nth(from, number);
        sim.say({ chat: sim.directChat(person), from: person, said: { kind: 'text', text: '你好' } });
      },
      times: () => sim.deliveries().map(({ attempts: [first] }) => first?.acknowledgedAfterMs),
      refused: () => sim.refused().length,
      stop: () => sim.stop(),
    };
  },
};

/** The long connection acknowledges nothing; the first frame of the reply is what tells there that a message was stored. */
const wecom: Way = {
  name: 'WeCom, long connection: first frame',
  async open(people) {
    const sim = await startWeComSimulator({ history: 'off' });
    const from = each(people, (person) => sim.addUser({ name: `同事 ${person}`, userId: `person${person}` }));
    const chats = from.map((person) => sim.directChat(person));
    const said: { readonly messageId: string; readonly createdMs: number }[] = [];
    const openedAt = (): ReadonlyMap<string | undefined, number> =>
      new Map(
        chats.flatMap(({ chatId }) => sim.messages(chatId).map((view) => [view.answersId, view.createdMs])),
      );
    return {
      environment: wecomEnvironment(sim, 'bot'),
      point: () => undefined,
      reachable: () => sim.connections().some((connection) => connection.subscribed()),
      say(number) {
        const [chat, person] = [nth(chats, number), nth(from, number)];
        said.push(sim.say({ chat, from: person, said: { kind: 'text', text: '你好' } }).message);
      },
      times() {
        const opened = openedAt();
        return said.map(({ messageId, createdMs }) => {
          const at = opened.get(messageId);
          return at === undefined ? undefined : at - createdMs;
        });
      },
      refused: () => sim.refused().length,
      stop: () => sim.stop(),
    };
  },
};

export const ways: readonly Way[] = [
  feishu('Feishu, long connection', false),
  feishu('Feishu, webhook', true),
  dingtalk,
  wecom,
];
