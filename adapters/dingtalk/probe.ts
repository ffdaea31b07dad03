import type { AdapterHealth, Check } from '../../src/contract/adapter.ts';
import { AdapterError, type AdapterErrorCode } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import type { CallbacksSeen } from '../shared/callback-count.ts';
import { connectionFinding, failedFinding, webhookFinding, type Finding } from '../shared/findings.ts';
import { passedAs, runProbe, tryPermission, type ProbeStep } from '../shared/probe.ts';
import type { CallContext, DingTalkOperations } from './operations.ts';

export type ProbeOptions = {
  readonly operations: Pick<
    DingTalkOperations,
    'downloadUrl' | 'makeCard' | 'sendToGroup' | 'setVariables' | 'streamCard'
  >;
  /** Asks for a token past the cache. */
  readonly requestToken: (signal: AbortSignal) => Promise<unknown>;
  readonly skewMs: () => number | undefined;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly clientId: string;
  readonly templateId: string | undefined;
  readonly health: () => AdapterHealth;
  /** Undefined in Stream mode. */
  readonly callbacks: (() => CallbacksSeen) | undefined;
};

type Step = ProbeStep<CallContext>;

const CONSOLE = 'https://open-dev.dingtalk.com/fe/app';
const CARD_PLATFORM = 'https://open-dev.dingtalk.com/fe/card';

/** Nothing has these names, so nothing is read, shown or sent; the gateway looks at permissions before it looks there. */
const NO_CODE = 'probe';
const NO_CARD = 'qwen-probe-no-such-card';
const NO_GROUP = 'cidprobe';

/** The doctor's checks. */
export function probeDingTalk(options: ProbeOptions, signal: AbortSignal): AsyncIterable<Check> {
  return runProbe(steps(options), { urgency: 'background', signal }, { ...options, failed });
}

function steps(options: ProbeOptions): readonly Step[] {
  const { operations, requestToken, clientId, templateId, health, callbacks } = options;
  const nobody = { conversationId: NO_GROUP, kind: 'group', robotCode: clientId } as const;
  return [
    {
      code: 'credentials',
      page: CONSOLE,
      run: ({ signal }) => passedAs('token', requestToken(signal)),
    },
    { code: 'connection', page: CONSOLE, run: async () => connectionFinding(health()) },
    ...(callbacks === undefined
      ? []
      : [{ code: 'webhook', page: CONSOLE, run: async () => webhookFinding(callbacks()) } as const]),
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
      run: (context) =>
        passedAs('card.make', operations.makeCard(`qwen-probe-${uuid()}`, templateId, context)),
    },
  ];
}

const PERMITTED: ReadonlySet<AdapterErrorCode> = new Set(['invalid', 'target-gone', 'reply-closed']);

function tried(api: string, run: (context: CallContext) => Promise<unknown>): Step {
  return tryPermission({ api, page: CONSOLE, run, permitted: PERMITTED, failed });
}

/** `unknownError` is what the live platform says to a missing card permission, and to much else. */
function failed(error: unknown): Finding {
  const finding = failedFinding(error);
  const unclear = error instanceof AdapterError && error.platformCode === 'unknownError';
  return unclear ? { ...finding, state: 'unknown' } : finding;
}
