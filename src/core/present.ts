import type { Capabilities } from '../contract/capabilities.ts';
import type { Button } from '../contract/reply.ts';
import type { Finish } from '../reply/live-reply.ts';
import { endings, faults, memories, receipt, remarks } from '../reply/notices/endings.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import { buttons as words, thinkingTitle } from '../reply/notices/progress.ts';
import type { Language } from '../store/store.ts';
import { scopeKindOfKey } from './scope.ts';
import { shortId, type Ending, type EndingNotice, type Turn } from './turn.ts';

/** A button's opaque id: the turn's random key and what the button does. */
export function buttonId(turn: Pick<Turn, 'buttonKey'>, kind: Button['kind']): string {
  return `${turn.buttonKey}.${kind}`;
}

/** The other way round; undefined for anything we did not mint. */
export function parseButtonId(
  id: string,
): { readonly key: string; readonly kind: Button['kind'] } | undefined {
  const [, key, kind] = /^([A-Za-z0-9-]{16,64})\.(stop|retry|good|bad)$/.exec(id) ?? [];
  if (key === undefined || kind === undefined) return undefined;
  return { key, kind: kind as Button['kind'] };
}

function button(turn: Turn, kind: Button['kind'], language: Language): Button {
  return { id: buttonId(turn, kind), kind, label: words[kind][language] };
}

/** While an answer runs there is one button. */
export function runningButtons(
  turn: Turn,
  capabilities: Capabilities,
  language: Language,
): readonly Button[] {
  return capabilities.buttons && turn.kind === 'question' ? [button(turn, 'stop', language)] : [];
}

function endButtons(turn: Turn, capabilities: Capabilities, language: Language): readonly Button[] {
  if (!capabilities.buttons || turn.kind !== 'question' || turn.retriedAt !== undefined) return [];
  return (['retry', 'good', 'bad'] as const).map((kind) => button(turn, kind, language));
}

/** What people read about an answer that is not whole. */
export function endingWords(notice: EndingNotice): Phrase {
  return notice.type === 'fault' ? faults[notice.fault.code] : endings[notice.type];
}

/** The sentence under the answer, with the short id where something broke, so that it can be named to others. */
function noticeText(turn: Turn, ending: Ending, language: Language): string | undefined {
  if (ending.notice === undefined) return undefined;
  const sentence = endingWords(ending.notice)[language];
  const named = ending.status === 'failed' || ending.status === 'interrupted';
  return named ? `${sentence} ${shortId(turn.id)}` : sentence;
}

function footer(turn: Turn, ending: Ending, language: Language): string {
  const line = receipt({
    ...(ending.model === undefined ? {} : { model: ending.model }),
    ...(ending.tokens === undefined ? {} : { tokens: ending.tokens }),
    durationMs: ending.durationMs,
    shortId: shortId(turn.id),
    memory: memories[scopeKindOfKey(turn.scope)],
  })[language];
  const labelled = ending.label === undefined ? line : `${line} · ${ending.label}`;
  const retried = turn.retriedAt === undefined ? [] : [remarks.retried[language]];
  return [...retried, ...ending.remarks, labelled].join('\n');
}

/** What a model's id says to people: `/models/Qwen/Qwen3-VL-8B` is shown as `Qwen3-VL-8B`. */
export function modelName(id: string): string {
  return id.split(/[/\\]/).filter(Boolean).at(-1) ?? id;
}

/** The end of a question's reply, the same after a restart as before it. */
export function presentEnding(
  turn: Turn,
  ending: Ending,
  capabilities: Capabilities,
  language: Language,
  thinking?: string,
): Finish {
  const notice = noticeText(turn, ending, language);
  return {
    status: ending.status,
    ...(notice === undefined ? {} : { notice }),
    ...(thinking === undefined || thinking.trim() === ''
      ? {}
      : { thinking, thinkingTitle: thinkingTitle[language] }),
    footer: footer(turn, ending, language),
    buttons: endButtons(turn, capabilities, language),
  };
}
