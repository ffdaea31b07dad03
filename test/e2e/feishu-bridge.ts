import { startFeishuSimulator, type FeishuSimulator } from '../simulators/feishu/simulator.ts';
import type { FeishuSimulatorOptions } from '../simulators/feishu/options.ts';
import type { MessageView } from '../simulators/feishu/views.ts';
import type { SaidFile, Said } from '../simulators/feishu/said.ts';
import type { SayOptions } from '../simulators/feishu/people.ts';
import type { SimChat, SimMessage, SimUser } from '../simulators/feishu/world-types.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import type { QwenSimulator, QwenSimulatorOptions } from '../simulators/qwen/types.ts';
import {
  startServiceProcess,
  stateFolder,
  freePort,
  type ServiceEnvironment,
  type ServiceProcess,
} from '../support/service-process.ts';

/** The whole way in real processes: a simulated Feishu, the service, a simulated Qwen server. */
export type Bridge = {
  readonly feishu: FeishuSimulator;
  readonly qwen: QwenSimulator;
  readonly group: SimChat;
  readonly alice: SimUser;
  readonly bob: SimUser;
  service: ServiceProcess;
  /** Says something in the group (or in `chat`) and gives back the message. */
  say(said: Said, options?: Partial<Omit<SayOptions, 'said'>>): SimMessage;
  /** Mentions the bot with these words, and pictures if given. */
  ask(text: string, pictures?: readonly Buffer[], options?: Partial<Omit<SayOptions, 'said'>>): SimMessage;
  /** The bot's messages in a chat, oldest first. */
  replies(chatId?: string): readonly MessageView[];
  /** Waits until so many replies stand there and none is streaming. */
  closed(count: number, chatId?: string): Promise<readonly MessageView[]>;
  until(condition: () => boolean, what: string, withinMs?: number): Promise<void>;
  /** Text of the answer element of a reply. */
  answer(reply: MessageView | undefined): string;
  /** Ends the process and starts another one on the same state; `ready: false` does not wait until it is up. */
  restart(signal: NodeJS.Signals, ready?: boolean): Promise<void>;
  stop(): Promise<void>;
};

export type BridgeOptions = {
  readonly feishu?: FeishuSimulatorOptions;
  readonly qwen?: QwenSimulatorOptions;
  readonly environment?: ServiceEnvironment;
  readonly webhook?: boolean;
};

export async function startBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const feishu = await startFeishuSimulator({
    clientConfig: { ReconnectInterval: 1, ReconnectNonce: 1 },
    ...options.feishu,
  });
  const qwen = await startQwenSimulator({
    speed: { firstTokenDelayMs: 20, tokensPerSecond: 200 },
    ...options.qwen,
  });
  const alice = feishu.addUser({ name: '小红' });
  const bob = feishu.addUser({ name: '小明' });
  const group = feishu.addChat({ kind: 'group', name: '财务群', members: [alice, bob] });
  const folder = stateFolder();
  const port = await freePort();
  const webhookMode = options.webhook === true;
  const environment = {
    FEISHU_APP_ID: feishu.app.appId,
    FEISHU_APP_SECRET: feishu.app.appSecret,
    FEISHU_BASE_URL: feishu.url,
    QWEN_BASE_URL: qwen.baseUrl,
    ADMINS: `feishu:${alice.openId}`,
    PORT: String(port),
    ...(webhookMode
      ? {
          FEISHU_MODE: 'webhook',
          FEISHU_ENCRYPT_KEY: feishu.app.encryptKey,
          FEISHU_VERIFICATION_TOKEN: feishu.app.verificationToken,
        }
      : {}),
    ...options.environment,
  };
  const start = async (ready = true): Promise<ServiceProcess> => {
    const service = await startServiceProcess(folder.path, environment);
    if (webhookMode) feishu.useWebhook({ url: `http://127.0.0.1:${port}/webhooks/feishu`, encrypted: true });
    if (ready) await service.ready();
    return service;
  };
  const botMessages = (chatId: string): MessageView[] =>
    feishu.messages(chatId).filter(({ from }) => from.kind === 'bot');

  const bridge: Bridge = {
    feishu,
    qwen,
    group,
    alice,
    bob,
    service: await start(),
    say: (said, { chat = group, from = alice, ...rest } = {}) =>
      feishu.say({ chat, from, said, ...rest }).message,
    ask(text, pictures = [], more) {
      if (pictures.length === 0) return bridge.say({ kind: 'text', text: `@{bot} ${text}` }, more);
      const images = pictures.map((bytes): { tag: 'img'; image: SaidFile } => ({
        tag: 'img',
        image: { bytes },
      }));
      return bridge.say(
        { kind: 'post', paragraphs: [[{ tag: 'text', text: `@{bot} ${text}` }], images] },
        more,
      );
    },
    replies: (chatId = group.chatId) => botMessages(chatId),
    async closed(count, chatId = group.chatId) {
      const ended = (): boolean => {
        const shown = botMessages(chatId);
        return shown.length >= count && shown.every(({ card }) => card === undefined || !card.streaming);
      };
      await bridge.until(ended, `${count} closed replies`);
      return botMessages(chatId);
    },
    async until(condition, what, withinMs = 20_000) {
      const giveUpAt = Date.now() + withinMs;
      while (!condition()) {
        if (Date.now() > giveUpAt) {
          const log = bridge.service.log
            .slice(-25)
            .map((line) => JSON.stringify(line))
            .join('\n');
          throw new Error(`never happened: ${what}\n${log}\n${bridge.service.errors()}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    answer: (reply) => reply?.card?.texts['answer'] ?? '',
    async restart(signal, ready) {
      await bridge.service.end(signal);
      bridge.service = await start(ready);
    },
    async stop() {
      await bridge.service.end('SIGKILL');
      await Promise.all([feishu.stop(), qwen.stop()]);
      folder.remove();
    },
  };
  return bridge;
}
