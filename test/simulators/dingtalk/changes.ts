import type { ApiCall } from './calls.ts';

/** Something a page that watches the simulator wants to redraw. */
export type DingTalkChange =
  | { readonly type: 'message-created'; readonly msgId: string; readonly conversationId: string }
  | { readonly type: 'message-changed'; readonly msgId: string; readonly conversationId: string }
  | { readonly type: 'card-changed'; readonly outTrackId: string }
  | { readonly type: 'connections-changed'; readonly open: number }
  | { readonly type: 'call-made'; readonly call: ApiCall };

export type Changes = {
  emit(change: DingTalkChange): void;
  /** Gives back the function that ends the subscription. Listeners are called at once and must not throw. */
  subscribe(listener: (change: DingTalkChange) => void): () => void;
};

export function createChanges(): Changes {
  const listeners = new Set<(change: DingTalkChange) => void>();
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
