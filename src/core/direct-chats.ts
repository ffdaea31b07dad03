import type { CommandServices } from '../commands/command.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId } from '../contract/ids.ts';
import { preview } from '../reply/preview.ts';

/** For what a group must not read: a message of its own to the one who asked. Sent once, however often it is tried. */
export function createDirectChats(
  adapters: ReadonlyMap<AdapterId, Adapter>,
): CommandServices['inDirectChat'] {
  return ({ id, message: { place, sender } }) => {
    const adapter = adapters.get(place.adapter);
    const to = adapter?.addressOf(sender.key);
    if (adapter === undefined || to === undefined) return undefined;
    return (text, signal) => {
      const markdown = adapter.render(text, true);
      return adapter.send(to, { markdown, preview: preview(markdown, '') }, `${id}-direct`, signal);
    };
  };
}
