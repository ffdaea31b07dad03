import type { ApiCall } from './calls.ts';

/** Something a page that watches the simulator wants to redraw. */
export type FeishuChange =
  | { readonly type: 'message-created'; readonly messageId: string; readonly chatId: string }
  | { readonly type: 'message-changed'; readonly messageId: string; readonly chatId: string }
  | {
      readonly type: 'card-changed';
      readonly cardId: string | undefined;
      readonly messageId: string | undefined;
    }
  | { readonly type: 'call-made'; readonly call: ApiCall };

export type Changes = {
  emit(change: FeishuChange): void;
  /** Gives back the function that ends the subscription. Listeners are called at once and must not throw. */
  subscribe(listener: (change: FeishuChange) => void): () => void;
};

export function createChanges(): Changes {
  const listeners = new Set<(change: FeishuChange) => void>();
  return {
    emit(change) {
      for (const listener of listeners) listener(change);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
