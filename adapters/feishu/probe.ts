import type { AdapterHealth, Check } from '../../src/contract/adapter.ts';
import type { AdapterErrorCode } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import type { CallbacksSeen } from '../shared/callback-count.ts';
import { connectionFinding, webhookFinding } from '../shared/findings.ts';
import { passedAs, runProbe, tryPermission, type ProbeStep } from '../shared/probe.ts';
import type { FeishuOperations } from './operations.ts';

export type ProbeOptions = {
  readonly operations: Pick<
    FeishuOperations,
    'botInfo' | 'createCard' | 'getMessage' | 'openImage' | 'reply'
  >;
  /** Asks for a token past the cache. */
  readonly requestToken: (signal: AbortSignal) => Promise<unknown>;
  readonly skewMs: () => number | undefined;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly appId: string;
  readonly baseUrl: string;
  readonly health: () => AdapterHealth;
  /** Undefined with the long connection. */
  readonly callbacks: (() => CallbacksSeen) | undefined;
};

type Step = ProbeStep<AbortSignal>;

/** No message has this id, so nothing is read, fetched or sent; the gateway looks at permissions before it looks there. */
const NO_MESSAGE = 'om_00000000000000000000000000000000';
const NO_IMAGE = 'img_00000000000000000000000000000000';

/** The smallest card; an entity that is never sent is seen by nobody and expires by itself. */
const TINY_CARD = JSON.stringify({
  schema: '2.0',
  config: { update_multi: true },
  body: { elements: [{ tag: 'markdown', element_id: 'probe', content: '…' }] },
});

/** The doctor's checks. */
export function probeFeishu(options: ProbeOptions, signal: AbortSignal): AsyncIterable<Check> {
  return runProbe(steps(options), signal, options);
}

function steps({ operations, requestToken, uuid, appId, baseUrl, health, callbacks }: ProbeOptions): Step[] {
  const console = `${consoleOf(baseUrl)}/app/${appId}`;
  const background = { urgency: 'background' } as const;
  const permissions = `${console}/auth`;
  return [
    {
      code: 'credentials',
      page: `${console}/baseinfo`,
      run: (signal) => passedAs('token', requestToken(signal)),
    },
    {
      code: 'bot',
      page: `${console}/bot`,
      run: async (signal) => {
        const { activateStatus } = await operations.botInfo(signal);
        const enabled = activateStatus === 2;
        return {
          state: enabled ? 'passed' : 'failed',
          evidence: `activate_status ${activateStatus ?? 'missing'}`,
        };
      },
    },
    {
      code: 'connection',
      page: `${console}/event`,
      run: async () => connectionFinding(health()),
    },
    ...(callbacks === undefined
      ? []
      : [
          {
            code: 'webhook',
            page: `${console}/event`,
            run: async () => webhookFinding(callbacks()),
          } as const,
        ]),
    tried('message.get', permissions, (signal) => operations.getMessage(NO_MESSAGE, signal)),
    tried('message.resource', permissions, (signal) => operations.openImage(NO_MESSAGE, NO_IMAGE, signal)),
    tried('message.reply', permissions, (signal) =>
      operations.reply(
        NO_MESSAGE,
        { msgType: 'text', content: '{"text":"…"}', uuid: uuid() },
        background,
        signal,
      ),
    ),
    {
      code: 'card',
      page: permissions,
      run: (signal) => passedAs('card.create', operations.createCard(TINY_CARD, background, signal)),
    },
  ];
}

const PERMITTED: ReadonlySet<AdapterErrorCode> = new Set([
  'invalid',
  'target-gone',
  'unsupported',
  'reply-closed',
]);

function tried(api: string, page: string, run: (signal: AbortSignal) => Promise<unknown>): Step {
  return tryPermission({ api, page, run, permitted: PERMITTED });
}

/** The console stands beside the API: open.feishu.cn, open.larksuite.com. A private deployment has its own. */
const consoleOf = (baseUrl: string): string => new URL(baseUrl).origin;
