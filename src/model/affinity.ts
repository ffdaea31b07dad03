import type { Server } from './server.ts';

/** Which server holds a conversation's beginning in its prefix cache: the one that answered it last. */
export type Affinity = {
  home(conversation: string | undefined): Server | undefined;
  remember(conversation: string | undefined, server: Server): void;
};

/** More conversations than any server's cache holds; the one that was silent longest is forgotten. */
const capacity = 10_000;

export function createAffinity(): Affinity {
  const homes = new Map<string, Server>();
  return {
    home: (conversation) => (conversation === undefined ? undefined : homes.get(conversation)),
    remember(conversation, server) {
      if (conversation === undefined) return;
      homes.delete(conversation);
      homes.set(conversation, server);
      const oldest = homes.keys().next();
      if (homes.size > capacity && oldest.done !== true) homes.delete(oldest.value);
    },
  };
}
