import type { Json } from '../../src/contract/ids.ts';
import type { Button } from '../../src/contract/reply.ts';

/**
 * One element of a 2.0 card. Ids are ours: letters, digits and underscores, at most 20 characters, unique in the card.
 * Texts of people and models stand in leaf strings only.
 */
export type CardElement = {
  readonly tag: string;
  readonly element_id: string;
  readonly [property: string]: Json;
};

export const ANSWER_ID = 'answer';
export const THINKING_ID = 'thinking';
export const THINKING_TEXT_ID = 'thinking_text';

export function markdownElement(elementId: string, content: string): CardElement {
  return { tag: 'markdown', element_id: elementId, content: shown(content) };
}

/** Plain words, in which nothing is markup. `aside`: small and grey. */
export function plainElement(elementId: string, content: string, look: 'normal' | 'aside'): CardElement {
  const style = look === 'aside' ? { text_size: 'notation', text_color: 'grey' } : {};
  return {
    tag: 'div',
    element_id: elementId,
    text: { tag: 'plain_text', content: shown(content), ...style },
  };
}

/** The model's reasoning, folded. */
export function thinkingPanel(title: string, content: string): CardElement {
  return {
    tag: 'collapsible_panel',
    element_id: THINKING_ID,
    expanded: false,
    header: { title: { tag: 'plain_text', content: shown(title) } },
    elements: [{ ...markdownElement(THINKING_TEXT_ID, content), text_size: 'notation' }],
  };
}

/** Buttons side by side. What comes back from a press is `{ id }`: only objects travel on all SDKs. */
export function buttonRow(buttons: readonly Button[]): CardElement {
  return {
    tag: 'column_set',
    element_id: 'buttons',
    flex_mode: 'flow',
    horizontal_spacing: '8px',
    columns: buttons.map((button, index) => ({
      tag: 'column',
      width: 'auto',
      elements: [buttonElement(button, index)],
    })),
  };
}

function buttonElement(button: Button, index: number): CardElement {
  return {
    tag: 'button',
    element_id: `button_${index}`,
    text: { tag: 'plain_text', content: shown(button.label) },
    type: button.chosen === true ? 'primary' : 'default',
    size: 'small',
    behaviors: [{ type: 'callback', value: { id: button.id } }],
  };
}

/** Feishu refuses empty texts (300307, and 99992402 for the streaming API). */
export function shown(content: string): string {
  return content === '' ? '…' : content;
}
