import type { AdapterHealth, Check } from '../../src/contract/adapter.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import { isFields, readList } from '../shared/json.ts';
import type { CallContext, DingTalkOperations } from './operations.ts';

export type ProbeOptions = {
  readonly operations: Pick<
    DingTalkOperations,
    'downloadUrl' | 'makeCard' | 'sendToGroup' | 'setVariables' | 'streamCard'
  >;
  /** Asks for a token past the cache. */
  readonly requestToken: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly clientId: string;
  readonly templateId: string | undefined;
  readonly mode: 'stream' | 'webhook';
  readonly health: () => AdapterHealth;
  readonly lastWebhook: () => Date | undefined;
};

type Finding = Pick<Check, 'state' | 'evidence' | 'missing'>;
type Step = {
  readonly code: Check['code'];
  readonly page: string;
  readonly run: (context: CallContext) => Promise<Finding>;
};

const CONSOLE = 'https://open-dev.dingtalk.com/fe/app';
const CARD_PLATFORM = 'https://open-dev.dingtalk.com/fe/card';

/** Nothing has these names, so nothing is read, shown or sent; the gateway looks at permissions before it looks there. */
const NO_CODE = 'probe';
const NO_CARD = 'qwen-probe-no-such-card';
const NO_GROUP = 'cidprobe';

/** The doctor's checks, one after another; after a failed first one the others would only say the same. */
export async function* probeDingTalk(options: ProbeOptions, signal: AbortSignal): AsyncIterable<Check> {
  const { clock } = options;
  for (const { code, page, run } of steps(options)) {
    const begun = clock.now().getTime();
    const { state, evidence, missing } = await run({ urgency: 'background', signal }).catch(failed);
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

function steps(options: ProbeOptions): readonly Step[] {
  const { operations, requestToken, clientId, templateId, mode, health, lastWebhook } = options;
  const nobody = { conversationId: NO_GROUP, kind: 'group', robotCode: clientId } as const;
  return [
    {
      code: 'credentials',
      page: CONSOLE,
      run: async ({ signal }) => {
        await requestToken(signal);
        return { state: 'passed', evidence: 'token' };
      },
    },
    { code: 'connection', page: CONSOLE, run: async () => connectionFinding(health()) },
    ...(mode === 'webhook'
      ? [{ code: 'webhook', page: CONSOLE, run: async () => webhookFinding(lastWebhook()) } as const]
      : []),
    tried('robot.download', (context) => operations.downloadUrl(clientId, NO_CODE, context)),
    tried('robot.group', (context) => operations.sendToGroup(nobody, { title: '…', text: '…' }, context)),
    ...(templateId === undefined
      ? [{ code: 'card', page: CARD_PLATFORM, run: async () => NO_TEMPLATE } as const]
      : cardSteps(options, templateId)),
  ];
}

const NO_TEMPLATE: Finding = { state: 'unknown', evidence: 'DINGTALK_CARD_TEMPLATE_ID is not set' };

function cardSteps({ operations, uuid }: ProbeOptions, templateId: string): readonly Step[] {
  return [
    tried('card.update', (context) => operations.setVariables(NO_CARD, () => ({ probe: '' }), context)),
    tried('card.streaming', (context) =>
      operations.streamCard(NO_CARD, { text: () => '…', finalise: false, guid: uuid() }, context),
    ),
    {
      code: 'card',
      page: CARD_PLATFORM,
      // A card that is delivered nowhere is seen by nobody; it shows that the template is there.
      run: async (context) => {
        await operations.makeCard(`qwen-probe-${uuid()}`, templateId, context);
        return { state: 'passed', evidence: 'card.make' };
      },
    },
  ];
}

/** Tries a permission on something that does not exist: any refusal but the one for the permission means it is there. */
function tried(api: string, run: (context: CallContext) => Promise<unknown>): Step {
  return {
    code: 'permission',
    page: CONSOLE,
    run: async (context) => {
      try {
        await run(context);
      } catch (error) {
        const finding = failed(error);
        if (!isPermitted(error)) return { ...finding, evidence: `${api} ${finding.evidence}` };
      }
      return { state: 'passed', evidence: api };
    },
  };
}

const PERMITTED: ReadonlySet<string> = new Set(['invalid', 'target-gone', 'reply-closed']);

function isPermitted(error: unknown): boolean {
  return error instanceof AdapterError && PERMITTED.has(error.code) && error.platformCode !== undefined;
}

function failed(error: unknown): Finding {
  if (!(error instanceof AdapterError)) return { state: 'unknown', evidence: 'unexpected failure' };
  const evidence = `${error.code} ${error.platformCode ?? ''}`.trim();
  const missing = isFields(error.cause) ? readList(error.cause, 'missingScopes').filter(isText) : [];
  // `unknownError` is what the live platform says to a missing card permission, and to much else.
  const unclear = error.platformCode === 'unknownError';
  const passing = error.code === 'rate-limited' || error.code === 'aborted' || unclear;
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
