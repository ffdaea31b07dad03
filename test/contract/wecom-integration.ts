import type { Adapter, AdapterDeps, Env } from '../../src/contract/adapter.ts';
import { wecomFactories } from '../../adapters/wecom/index.ts';
import type { WeComSimulator } from '../simulators/wecom/simulator.ts';
import type { Traits } from './harness.ts';

/** The three ways into WeCom: AI bot by long connection, AI bot by webhook, self-built app. */
export type WeComIntegration = 'bot' | 'bot-webhook' | 'app';

const botTraits: Traits = {
  groups: true,
  topics: false,
  hearsUnaddressed: false,
  everyoneMention: false,
  colleagueMention: undefined,
  pictures: { most: 3, withWords: true },
  unreadable: ['file', 'audio', 'video', 'other'],
  quotes: 'words-and-pictures',
  redelivers: false,
  joins: ['direct'],
  writesToGroups: true,
  showsGrowth: true,
  oneText: true,
  toasts: false,
  sendsOnce: false,
  failures: ['unavailable', 'answer-lost', 'rate-limited', 'target-gone', 'no-answer'],
  retryAfterMs: undefined,
  checksCredentials: true,
  mentionMarkup: ['<@bob>', '<@all>', '< @ bob >', '</@bob>'],
};

export const wecomTraits: Readonly<Record<WeComIntegration, Traits>> = {
  bot: botTraits,
  'bot-webhook': {
    ...botTraits,
    redelivers: true,
    // Replies cost no calls: WeCom fetches them.
    failures: [],
    // Wrong keys open no request, and there is nobody to ask whether they are right.
    checksCredentials: false,
    // A welcome can only be the answer to the event itself.
    joins: [],
    writesToGroups: false,
  },
  app: {
    ...botTraits,
    groups: false,
    pictures: { most: 1, withWords: false },
    unreadable: ['audio', 'video', 'location', 'other'],
    quotes: 'none',
    redelivers: true,
    // What was sent cannot be changed, so nothing is sent before the end.
    showsGrowth: false,
    sendsOnce: true,
  },
};

/** What the service needs to find the simulated platform. */
export function wecomEnvironment(
  { corp, url, wsUrl }: WeComSimulator,
  integration: WeComIntegration,
  credentials: 'right' | 'wrong' = 'right',
): Readonly<Record<string, string>> {
  const secret = (right: string): string => (credentials === 'right' ? right : `wrong-${right}`);
  const own = {
    bot: { WECOM_BOT_ID: corp.botId, WECOM_BOT_SECRET: secret(corp.botSecret), WECOM_BOT_WS_URL: wsUrl },
    'bot-webhook': { WECOM_BOT_TOKEN: corp.botToken, WECOM_BOT_ENCODING_AES_KEY: corp.botEncodingAesKey },
    app: {
      WECOM_CORP_ID: corp.corpId,
      WECOM_AGENT_ID: String(corp.agentId),
      WECOM_AGENT_SECRET: secret(corp.agentSecret),
      WECOM_AGENT_TOKEN: corp.agentToken,
      WECOM_AGENT_ENCODING_AES_KEY: corp.agentEncodingAesKey,
    },
  }[integration];
  return { ...own, WECOM_BASE_URL: url };
}

/** The one adapter this environment configures. */
export async function createWeComAdapter(
  { mediaUrl }: WeComSimulator,
  env: Env,
  deps: AdapterDeps,
): Promise<Adapter> {
  const [plan] = wecomFactories.map((factory) => factory.plan(env)).filter(({ state }) => state !== 'off');
  if (plan?.state !== 'ready') throw new Error(`the environment is ${plan?.state ?? 'off'}`);
  return plan.create({ ...deps, mediaHosts: [new URL(mediaUrl).host] });
}

/** Directs the platform's callbacks to a service; the long connection needs no address. */
export function pointWeCom(sim: WeComSimulator, integration: WeComIntegration, serviceUrl: string): void {
  if (integration === 'app') sim.useAppWebhook(`${serviceUrl}/webhooks/wecom/agent`);
  if (integration === 'bot-webhook') sim.useBotWebhook(`${serviceUrl}/webhooks/wecom/bot`);
}

export function wecomSecrets({ corp }: WeComSimulator): readonly string[] {
  return [
    corp.botSecret,
    corp.botToken,
    corp.botEncodingAesKey,
    corp.agentSecret,
    corp.agentToken,
    corp.agentEncodingAesKey,
  ];
}
