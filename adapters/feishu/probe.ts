import type { AdapterHealth, Check } from '../../src/contract/adapter.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import { isFields, readList } from '../shared/json.ts';
import type { FeishuOperations } from './operations.ts';

export type ProbeOptions = {
  readonly operations: Pick<
    FeishuOperations,
    'botInfo' | 'createCard' | 'getMessage' | 'openImage' | 'reply'
  >;
  /** Asks for a token past the cache. */
  readonly requestToken: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly appId: string;
  readonly baseUrl: string;
  readonly mode: 'ws' | 'webhook';
  readonly health: () => AdapterHealth;
  readonly lastWebhook: () => Date | undefined;
};

type Finding = Pick<Check, 'state' | 'evidence' | 'missing'>;
type Step = {
  readonly code: Check['code'];
  readonly page: string;
  readonly run: (signal: AbortSignal) => Promise<Finding>;
};

/** No message has this id, so nothing is read, fetched or sent; the gateway looks at permissions before it looks there. */
const NO_MESSAGE = 'om_00000000000000000000000000000000';
const NO_IMAGE = 'img_00000000000000000000000000000000';

/** The smallest card; an entity that is never sent is seen by nobody and expires by itself. */
const TINY_CARD = JSON.stringify({
  schema: '2.0',
  config: { update_multi: true },
  body: { elements: [{ tag: 'markdown', element_id: 'probe', content: '…' }] },
});

/** The doctor's checks, one after another; after a failed first one the others would only say the same. */
export async function* probeFeishu(options: ProbeOptions, signal: AbortSignal): AsyncIterable<Check> {
  const { clock } = options;
  for (const { code, page, run } of steps(options)) {
    const begun = clock.now().getTime();
    const { state, evidence, missing } = await run(signal).catch(failed);
    yield {
      code,
      state,
      evidence,
      durationMs: clock.now().getTime() - begun,
      ...(missing === undefined ? {} : { missing }),
      ...(state === 'passed' ? {} : { link: page }),
    };
    if (code === 'credentials' && state !== 'passed') return;
  }
}

function steps({
  operations,
  requestToken,
  uuid,
  appId,
  baseUrl,
  mode,
  health,
  lastWebhook,
}: ProbeOptions): Step[] {
  const console = `${consoleOf(baseUrl)}/app/${appId}`;
  const background = { urgency: 'background' } as const;
  const permissions = `${console}/auth`;
  return [
    {
      code: 'credentials',
      page: `${console}/baseinfo`,
      run: async (signal) => {
        await requestToken(signal);
        return { state: 'passed', evidence: 'token' };
      },
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
    ...(mode === 'webhook'
      ? [
          {
            code: 'webhook',
            page: `${console}/event`,
            run: async () => webhookFinding(lastWebhook()),
          } as const,
        ]
      : []),
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
      run: async (signal) => {
        await operations.createCard(TINY_CARD, background, signal);
        return { state: 'passed', evidence: 'card.create' };
      },
    },
  ];
}

/** Tries a permission on a message that does not exist: any refusal but the one for the permission means it is there. */
function tried(api: string, page: string, run: (signal: AbortSignal) => Promise<unknown>): Step {
  return {
    code: 'permission',
    page,
    run: async (signal) => {
      try {
        await run(signal);
      } catch (error) {
        const finding = failed(error);
        if (!isPermitted(error)) return { ...finding, evidence: `${api} ${finding.evidence}` };
      }
      return { state: 'passed', evidence: api };
    },
  };
}

const PERMITTED: ReadonlySet<string> = new Set(['invalid', 'target-gone', 'unsupported', 'reply-closed']);

function isPermitted(error: unknown): boolean {
  return error instanceof AdapterError && PERMITTED.has(error.code) && error.platformCode !== undefined;
}

function failed(error: unknown): Finding {
  if (!(error instanceof AdapterError)) return { state: 'unknown', evidence: 'unexpected failure' };
  const evidence = `${error.code} ${error.platformCode ?? ''}`.trim();
  const missing = isFields(error.cause) ? readList(error.cause, 'missingScopes').filter(isText) : [];
  const passing = error.code === 'rate-limited' || error.code === 'aborted';
  return { state: passing ? 'unknown' : 'failed', evidence, ...(missing.length === 0 ? {} : { missing }) };
}

const isText = (value: unknown): value is string => typeof value === 'string';

function connectionFinding({ state, detail, reconnects }: AdapterHealth): Finding {
  const evidence = [state, detail, `${reconnects} reconnects`]
    .filter((part) => part !== undefined)
    .join(', ');
  if (state === 'connecting') return { state: 'unknown', evidence };
  return { state: state === 'up' ? 'passed' : 'failed', evidence };
}

function webhookFinding(lastSeen: Date | undefined): Finding {
  return lastSeen === undefined
    ? { state: 'unknown', evidence: 'no request yet' }
    : { state: 'passed', evidence: `last request ${lastSeen.toISOString()}` };
}

/** The console stands beside the API: open.feishu.cn, open.larksuite.com. A private deployment has its own. */
const consoleOf = (baseUrl: string): string => new URL(baseUrl).origin;
