import { onTestFinished } from 'vitest';
import type { Address, ReplyHandle, ReplyTarget } from '../../../src/contract/ids.ts';
import type { ReplyOpening, ReplyOutcome, Snapshot } from '../../../src/contract/reply.ts';
import { createFeishuReplies, type FeishuReplies } from '../../../adapters/feishu/reply.ts';
import { setStage, type Stage } from '../../simulators/feishu/test-support.ts';
import type { FeishuSimulatorOptions } from '../../simulators/feishu/options.ts';
import type { CardView, MessageView } from '../../simulators/feishu/views.ts';
import { createCalls, type Calls } from './platform.ts';

export const signal = new AbortController().signal;

/** The outbound half over real sockets, in front of the simulated platform with all its rules. */
export type ReplyStage = Stage &
  Pick<Calls, 'log'> & {
    readonly replies: FeishuReplies;
    /** A second process with the same app. */
    readonly successor: FeishuReplies;
    readonly target: ReplyTarget;
    readonly address: Address;
    opening(part?: Partial<ReplyOpening>): ReplyOpening;
    /** What the bot has put into the group. */
    shown(): readonly MessageView[];
    /** The one card it shows. */
    card(): CardView;
    /** APIs called since the last time this was asked, in order; token requests left out. */
    made(): readonly string[];
  };

/** Ends with the test that set it. */
export async function stageWith(options: FeishuSimulatorOptions = {}): Promise<ReplyStage> {
  const stage = await setStage(options);
  const { sim, clock, group, alice } = stage;
  const { appId, appSecret } = sim.app;
  const calls = createCalls({ url: sim.url, appId, appSecret, clock });
  const said = { kind: 'text', text: '@{bot} 你好' } as const;
  const { message } = sim.say({ chat: group, from: alice, said, push: 'never' });
  const { messageId, chatId } = message;
  const target = { messageId, chatId } as unknown as ReplyTarget;
  onTestFinished(async () => {
    await calls.close();
    await sim.stop();
  });
  const make = (): FeishuReplies =>
    createFeishuReplies({ calls: calls.operations, clock, uuid: () => crypto.randomUUID(), log: calls.log });
  const shown = (): readonly MessageView[] => sim.messages(chatId).filter(({ from }) => from.kind === 'bot');
  return {
    ...stage,
    log: calls.log,
    replies: make(),
    successor: make(),
    target,
    address: { chatId } as unknown as Address,
    opening: (part = {}) => ({ target, first: snapshot(''), key: 'turn-1-0', maybeSent: false, ...part }),
    shown,
    card() {
      const [only, ...more] = shown();
      if (only?.card === undefined || more.length > 0) throw new Error('there is not one card');
      return only.card;
    },
    made() {
      const made = sim.calls().map(({ api }) => api);
      sim.clearCalls();
      return made.filter((api) => !api.startsWith('auth'));
    },
  };
}

export const stop = { id: 'btn-stop', kind: 'stop', label: '停止' } as const;
export const again = [
  { id: 'btn-retry', kind: 'retry', label: '重试' },
  { id: 'btn-good', kind: 'good', label: '👍', chosen: true },
  { id: 'btn-bad', kind: 'bad', label: '👎' },
] as const;

export function snapshot(markdown: string, part: Partial<Snapshot> = {}): Snapshot {
  return {
    markdown,
    progress: '正在思考…',
    buttons: [stop],
    preview: markdown.slice(0, 20) || '正在思考…',
    ...part,
  };
}

export function outcome(
  markdown: string,
  part: Partial<Snapshot> = {},
  status: ReplyOutcome['status'] = 'complete',
): ReplyOutcome {
  return {
    status,
    snapshot: { markdown, buttons: again, footer: 'Qwen3 · 3.2 秒', preview: markdown.slice(0, 20), ...part },
  };
}

/** The elements of a card as far as tests look into them. */
export type ShownElement = {
  readonly tag: string;
  readonly element_id: string;
  readonly content?: string;
  readonly expanded: boolean;
  readonly type: string;
  readonly behaviors: unknown;
  readonly page_size: number;
  readonly text: { readonly tag: string; readonly content: string };
  readonly elements: readonly ShownElement[];
  readonly columns: readonly { readonly elements: readonly ShownElement[] }[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly chart_spec: { readonly data: { readonly values: readonly { readonly value: number }[] } };
};

export type ShownConfig = {
  readonly streaming_config: {
    readonly print_frequency_ms: { readonly default: number };
    readonly print_step: { readonly default: number };
  };
};

export type ShownCard = {
  readonly config: ShownConfig;
  readonly body: { readonly elements: readonly ShownElement[] };
};

export function elementsOf({ json }: CardView): readonly ShownElement[] {
  return (json as unknown as ShownCard).body.elements;
}

/** As if it had been stored and read back. */
export function stored(handle: ReplyHandle): ReplyHandle {
  return JSON.parse(JSON.stringify(handle)) as ReplyHandle;
}

export const api = {
  create: 'cardkit.card.create',
  text: 'cardkit.cardElement.content',
  settings: 'cardkit.card.settings',
  update: 'cardkit.card.update',
  batch: 'cardkit.card.batchUpdate',
  convert: 'cardkit.card.idConvert',
  reply: 'im.message.reply',
  patch: 'im.message.patch',
  get: 'im.message.get',
} as const;
