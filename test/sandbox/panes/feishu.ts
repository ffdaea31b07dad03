import { startFeishuSimulator, type FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import type { FeishuChange } from '../../simulators/feishu/changes.ts';
import type { Delivery } from '../../simulators/feishu/push.ts';
import type { SimChat, SimMessage, SimUser } from '../../simulators/feishu/world-types.ts';
import { Refusal, type Pane, type PaneEvent, type View } from '../pane.ts';
import { feishuActions, type ActionStage } from './feishu-actions.ts';
import { showsText, viewMessage } from './feishu-view.ts';

/** Someone to speak as. Exactly one of them is the service's administrator. */
export type DemoPerson = {
  readonly name: string;
  readonly role: { readonly zh: string; readonly en: string };
  readonly admin?: boolean;
};

export type FeishuPane = Pane & { readonly simulator: FeishuSimulator };

const colleagues: readonly DemoPerson[] = [
  { name: '林晓', role: { zh: '信息部', en: 'IT' }, admin: true },
  { name: '陈默', role: { zh: '研发', en: 'Engineering' } },
  { name: '王思远', role: { zh: '财务', en: 'Finance' } },
  { name: 'Sofia', role: { zh: '市场', en: 'Marketing' } },
];

const shownMessages = 200;
/** Redraws of a page are collected for so long: faster than an eye, slower than a burst of edits. */
const collectMs = 40;
const watchIntervalMs = 150;
const remembered = 1000;

/** Feishu on this machine: a group of colleagues with the bot, and each one's direct chat with it. */
export async function startFeishuPane(people: readonly DemoPerson[] = colleagues): Promise<FeishuPane> {
  const simulator = await startFeishuSimulator({
    app: { botName: '小桥' },
    history: 'sizes',
    historyCapacity: 50,
  });
  const users = people.map(({ name }) => simulator.addUser({ name }));
  const admins = users.filter((_, index) => people[index]?.admin === true);
  const group = simulator.addChat({ name: '季度复盘小组', members: users });
  const listeners = new Set<(event: PaneEvent) => void>();
  const emit = (event: PaneEvent): void => listeners.forEach((listener) => listener(event));
  const causes = createCauses();
  const stage: ActionStage = { simulator, emit, causeOf: (message) => causes.of(message), people: users };
  const watched = watch(simulator, emit, causes);

  return {
    id: 'feishu',
    title: { zh: '飞书', en: 'Feishu' },
    simulator,
    environment: {
      FEISHU_APP_ID: simulator.app.appId,
      FEISHU_APP_SECRET: simulator.app.appSecret,
      FEISHU_BASE_URL: simulator.url,
    },
    admins: admins.map(({ openId }) => `feishu:${openId}`),
    connected: (signal) => simulator.connected(1, signal),
    welcome() {
      const [first = users[0], second] = users;
      if (first === undefined) return;
      const words = '大家好，这周把第三季度的数字对一遍，有不清楚的可以直接 @小桥。';
      simulator.say({
        chat: group,
        from: second ?? first,
        said: { kind: 'text', text: words },
        push: 'never',
      });
      void simulator.addBot(group, first);
    },
    state: () => ({
      bot: simulator.bot.name,
      people: users.map((user, index) => viewPerson(user, people[index], simulator)),
      group: { id: group.chatId, name: group.name },
      messages: simulator.chats().flatMap((chat) => viewMessages(chat, simulator)),
      deliveries: watched.deliveries(),
      connections: simulator.connections().length,
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async act(name, given) {
      const action = Object.hasOwn(feishuActions, name) ? feishuActions[name] : undefined;
      if (action === undefined) throw new Refusal('没有这个操作 / no such action');
      return action(given, stage);
    },
    picture: (message, key) => simulator.message(message)?.resources.get(key),
    async stop() {
      watched.stop();
      await simulator.stop();
    },
  };
}

function viewPerson(user: SimUser, person: DemoPerson | undefined, simulator: FeishuSimulator): View {
  const direct = simulator.directChat(user).chatId;
  return { id: user.openId, name: user.name, role: person?.role, admin: person?.admin === true, direct };
}

function viewMessages({ chatId }: SimChat, simulator: FeishuSimulator): readonly View[] {
  const recent = simulator.messages(chatId).slice(-shownMessages);
  return recent.flatMap(({ messageId }) => {
    const message = simulator.message(messageId);
    return message === undefined ? [] : [viewMessage(message, simulator)];
  });
}

type Causes = ReturnType<typeof createCauses>;

/** A reply names what it answers: in a topic only the topic, elsewhere the message. */
function createCauses() {
  const questions = new Map<string, string>();
  return {
    of({ sender, threadId, parentId, messageId }: SimMessage): string {
      if (sender.type === 'app') return threadId ?? parentId ?? messageId;
      const cause = threadId ?? messageId;
      questions.set(cause, messageId);
      const oldest = questions.keys().next().value;
      if (questions.size > remembered && oldest !== undefined) questions.delete(oldest);
      return cause;
    },
    question: (cause: string): string | undefined => questions.get(cause),
  };
}

/** Turns the simulator's changes into events for the page. */
function watch(simulator: FeishuSimulator, emit: (event: PaneEvent) => void, causes: Causes) {
  const changed = new Set<string>();
  const withText = new Set<string>();
  let collecting: NodeJS.Timeout | undefined;

  function redraw(messageId: string): void {
    changed.add(messageId);
    collecting ??= setTimeout(() => {
      collecting = undefined;
      for (const id of changed) {
        const message = simulator.message(id);
        if (message !== undefined) emit({ type: 'message', message: viewMessage(message, simulator) });
      }
      changed.clear();
    }, collectMs);
  }

  function noticeText(message: SimMessage): void {
    if (withText.has(message.messageId) || message.sender.type !== 'app' || !showsText(message)) return;
    if (withText.size > remembered) withText.clear();
    withText.add(message.messageId);
    emit({ type: 'text-shown', answer: message.messageId, atMs: Date.now() });
  }

  function noticeAnswer(message: SimMessage): void {
    const { messageId, sender, card, createdMs } = message;
    if (sender.type !== 'app' || message.parentId === undefined) return;
    const cause = causes.of(message);
    const subjects = [messageId, card?.cardId, causes.question(cause)].filter((id) => id !== undefined);
    emit({ type: 'answer-shown', answer: messageId, cause, atMs: createdMs, subjects });
  }

  const unsubscribe = simulator.subscribe((change: FeishuChange) => {
    if (change.type === 'call-made') {
      const { api, arrivedMs, durationMs, status, code, requestBytes, responseBytes, cardId, messageId } =
        change.call;
      const call = {
        api,
        atMs: arrivedMs,
        durationMs,
        status,
        code,
        requestBytes,
        responseBytes,
        refused: code !== 0,
      };
      return emit({ type: 'call', call, subject: cardId ?? messageId });
    }
    const message = change.messageId === undefined ? undefined : simulator.message(change.messageId);
    if (message === undefined) return;
    if (change.type === 'message-created') noticeAnswer(message);
    noticeText(message);
    redraw(message.messageId);
  });
  const polled = watchDeliveries(simulator, emit);
  return {
    deliveries: polled.recent,
    stop() {
      unsubscribe();
      clearTimeout(collecting);
      polled.stop();
    },
  };
}

const shownDeliveries = 60;

/** Deliveries and connections change without telling; so they are looked at now and then. */
function watchDeliveries(simulator: FeishuSimulator, emit: (event: PaneEvent) => void) {
  const signs = new WeakMap<Delivery, { readonly id: number; sign: string }>();
  let [last, connections] = [0, 0];

  function view(delivery: Delivery): View {
    const known = signs.get(delivery) ?? { id: (last += 1), sign: '' };
    signs.set(delivery, known);
    return {
      id: `event-${known.id}`,
      eventType: delivery.eventType,
      attempts: [...delivery.attempts],
      state: delivery.state,
    };
  }

  const recent = (): readonly Delivery[] => simulator.deliveries().slice(-shownDeliveries);
  const timer = setInterval(() => {
    for (const delivery of recent()) {
      const sign = `${delivery.attempts.length} ${delivery.state}`;
      if (signs.get(delivery)?.sign === sign) continue;
      emit({ type: 'delivery', delivery: view(delivery) });
      signs.get(delivery)!.sign = sign;
    }
    const now = simulator.connections().length;
    if (now !== connections) emit({ type: 'link', connections: (connections = now) });
  }, watchIntervalMs);
  return { recent: () => recent().map(view), stop: () => clearInterval(timer) };
}
