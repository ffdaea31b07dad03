import type { Command, CommandContext } from '../commands/command.ts';
import { commandsFor, parseCommand } from '../commands/registry.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { admission } from '../reply/notices/admission.ts';
import { commandWords } from '../reply/notices/commands.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import type { Store } from '../store/store.ts';
import type { Access, Asker } from './access.ts';
import { shortId, type Turn } from './turn.ts';

export type ChooseServices = {
  readonly store: Pick<Store, 'audit'>;
  readonly access: Access;
  readonly clock: Clock;
};

/** The command that a message asks for, or the sentence that is said in its place. */
export type Chosen =
  | { readonly words: Phrase }
  | {
      readonly command: Command;
      readonly argument: string;
      readonly asker: Asker;
      /** The commands this asker may use and hear of. */
      readonly available: readonly Command[];
      readonly audit: CommandContext['audit'];
    };

/** Finds the command, decides whether this person may use it, and writes down every try of an administrator's one. */
export async function chooseCommand(services: ChooseServices, turn: Turn, log: Logger): Promise<Chosen> {
  const { place, sender, text, forgeable } = turn.message;
  const asker: Asker = { platform: place.platform, person: sender.key, chat: place.chat };
  const { access } = services;
  // A message whose sender is not proven may ask, but never steer, nor hear of what steers.
  const available = commandsFor(access.isAdmin(asker) && forgeable !== true);
  const parsed = parseCommand(text, available);
  if (parsed === undefined) return { words: admission.empty };
  if (!parsed.known) return { words: commandWords.unknown(parsed.nearest.name) };
  const { command, argument } = parsed;
  const allowed = available.includes(command);
  const write = (permitted: boolean, detail: readonly string[]): Promise<void> =>
    services.store.audit.write({
      // One row for one act, also when the command is carried out again after a crash.
      id: turn.id,
      at: services.clock.now().getTime(),
      platform: asker.platform,
      person: asker.person,
      act: command.name,
      allowed: permitted,
      detail: [shortId(turn.id), ...detail].join(' '),
    });
  if (command.access === 'administrators') await write(allowed, []);
  log.info({ step: 'command', command: command.name, allowed }, 'a command');
  if (!allowed) return { words: commandWords.refused };
  const audit: CommandContext['audit'] = (detail, permitted = true) => write(permitted, [detail]);
  return { command, argument, asker, available, audit };
}
