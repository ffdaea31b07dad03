import type { ApiCall } from './calls.ts';

/** Something a page that watches the simulator wants to redraw. */
export type WeComChange =
  | { readonly type: 'message-created'; readonly messageId: string; readonly chatId: string }
  | { readonly type: 'message-changed'; readonly messageId: string; readonly chatId: string }
  | { readonly type: 'connections-changed' }
  | { readonly type: 'call-made'; readonly call: ApiCall };

export type Changes = {
  emit(change: WeComChange): void;
  /** Gives back the function that ends the subscription. Listeners are called at once and must not throw. */
  subscribe(listener: (change: WeComChange) => void): () => void;
};

export function createChanges(): Changes {
  const listeners = new Set<(change: WeComChange) => void>();
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
