import { createWeComHarness } from '../contract/wecom-harness.ts';
import { pointWeCom, wecomEnvironment, type WeComIntegration } from '../contract/wecom-integration.ts';
import { toShown, toWeCom } from '../contract/wecom-messages.ts';
import type { WeComSimulatorOptions } from '../simulators/wecom/options.ts';
import { startWeComSimulator, type WeComSimulator } from '../simulators/wecom/simulator.ts';
import type { SimChat, SimMessage, SimUser } from '../simulators/wecom/world-types.ts';
import type { Person } from '../contract/harness.ts';
import type { CreateStage, Stage, StageTraits } from './stage.ts';

/** `buttons`: neither bubble nor app message can carry a button beside text that is replaced. */
const botTraits: StageTraits = {
  live: true,
  buttons: false,
  pictures: { most: 3, withWords: true },
  resumes: true,
  redelivers: false,
};

export const wecomStageTraits: Readonly<Record<WeComIntegration, StageTraits>> = {
  bot: botTraits,
  'bot-webhook': { ...botTraits, redelivers: true },
  app: {
    ...botTraits,
    live: false, // what was sent cannot be changed, so nothing is sent before the end
    pictures: { most: 1, withWords: false }, // a picture is a message of its own
    redelivers: true,
  },
};

/** WeCom, simulated, for the real service. */
export const wecomStage =
  (integration: WeComIntegration): CreateStage =>
  async () =>
    createWeComStage(await startRealTimeWeCom(), integration);

/** The simulator in real time. */
export function startRealTimeWeCom({
  limits = {},
  rules = {},
}: Pick<WeComSimulatorOptions, 'limits' | 'rules'> = {}): Promise<WeComSimulator> {
  return startWeComSimulator({
    corp: { botName: 'Qwen助手' },
    rules,
    // How often WeCom looks is not documented; here so often that a test takes no longer than elsewhere.
    limits: { pollMs: 200, retryDelayMs: 500, ...limits },
  });
}

/** The same on a simulator that runs already. */
export function createWeComStage(sim: WeComSimulator, integration: WeComIntegration): Stage {
  const harness = createWeComHarness(sim, integration);
  const places = createPlaces(sim, integration, harness.world);
  const said: SimMessage[] = [];
  return {
    traits: wecomStageTraits[integration],
    environment: {
      ...wecomEnvironment(sim, integration),
      MEDIA_HOSTS: new URL(sim.mediaUrl).host,
      // The suite's story takes two seconds; an edit a second would show too little of its growth.
      WECOM_UPDATE_INTERVAL_MS: '300',
      ADMINS: `wecom:${harness.world.people.asker.userId}`,
    },
    secrets: harness.secrets,
    async point(port) {
      pointWeCom(sim, integration, `http://127.0.0.1:${port}`);
    },
    reachable: () => integration !== 'bot' || sim.connections().some((connection) => connection.subscribed()),
    say({ where, from = 'asker', addressed = true, text, quote, ...rest }) {
      const { chat, person } = places.of(where, from);
      const mention = chat.kind === 'group' && addressed ? '@{bot} ' : '';
      const words = text === undefined ? {} : { text: `${mention}${text}` };
      const quoting = quote === undefined ? {} : { quoting: harness.world.messageOf(quote.id) };
      const { message } = sim.say({ chat, from: person, said: toWeCom({ ...rest, ...words }), ...quoting });
      said.push(message);
      return { id: message.messageId };
    },
    redeliver(sent, times) {
      for (let count = 0; count < times; count += 1) harness.redeliver(sent);
    },
    recall: (sent) => harness.recall(sent),
    settled: () => (integration === 'bot' ? allOpened(sim, said) : allDelivered(sim)),
    press: (reply, label, by) => harness.press(reply, label, by),
    async replies(where) {
      return places
        .chats(where)
        .flatMap(({ chatId }) => sim.messages(chatId))
        .filter(({ from }) => from.kind === 'bot')
        .map(toShown);
    },
    refused: () => harness.refused(),
    stop: () => sim.stop(),
  };
}

type Places = {
  of(where: string, from: Person): { readonly chat: SimChat; readonly person: SimUser };
  chats(where: string): readonly SimChat[];
};

/**
 * Groups do not reach an app at all: what the suite says in the group is said there by two other people, to each of whom
 * the app answers in their own chat.
 */
function createPlaces(
  sim: WeComSimulator,
  integration: WeComIntegration,
  { people, chatOf }: ReturnType<typeof createWeComHarness>['world'],
): Places {
  if (integration !== 'app') {
    return {
      of: (where, from) => ({ chat: chatOf(where, people[from]), person: people[from] }),
      chats: (where) => [chatOf(where, people.asker)],
    };
  }
  const others = { asker: sim.addUser({ name: '小刚', userId: 'XiaoGang' }), colleague: people.colleague };
  const personOf = (where: string, from: Person): SimUser => (where === 'group' ? others : people)[from];
  return {
    of(where, from) {
      const person = personOf(where, from);
      return { chat: sim.appChat(person), person };
    },
    chats: (where) =>
      (where === 'group' ? Object.values(others) : [people.asker]).map((person) => sim.appChat(person)),
  };
}

const allDelivered = (sim: WeComSimulator): boolean =>
  sim.deliveries().every(({ kind, state }) => kind === 'stream' || state === 'delivered');

/** The long connection acknowledges nothing: that a message was taken is seen when its bubble stands there. */
function allOpened(sim: WeComSimulator, said: readonly SimMessage[]): boolean {
  return said.every(({ chatId, messageId }) =>
    sim.messages(chatId).some(({ answersId }) => answersId === messageId),
  );
}
