import { broadcast } from './broadcast.ts';
import { allow } from './allow.ts';
import { assistant } from './assistant.ts';
import { audit } from './audit.ts';
import type { Command } from './command.ts';
import { context } from './context.ts';
import { deny } from './deny.ts';
import { doctor } from './doctor.ts';
import { forget } from './forget.ts';
import { help } from './help.ts';
import { lang } from './lang.ts';
import { limit } from './limit.ts';
import { model } from './model.ts';
import { models } from './models.ts';
import { newConversation } from './new.ts';
import { createCommandParser } from './parse.ts';
import { pause } from './pause.ts';
import { queue } from './queue.ts';
import { resume } from './resume.ts';
import { retry } from './retry.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { think } from './think.ts';
import { usage } from './usage.ts';
import { users } from './users.ts';
import { whoami } from './whoami.ts';
import { why } from './why.ts';

/** All commands, in the order in which `/help` lists them: what is needed most first, then the administrators'. */
export const commands: readonly Command[] = [
  newConversation,
  stop,
  retry,
  think,
  model,
  assistant,
  context,
  why,
  usage,
  whoami,
  lang,
  forget,
  help,
  status,
  doctor,
  queue,
  pause,
  resume,
  broadcast,
  models,
  limit,
  users,
  allow,
  deny,
  audit,
];

/** The commands that somebody may use and hear of. */
export function commandsFor(administrator: boolean): readonly Command[] {
  return commands.filter(({ access }) => access === 'everyone' || administrator);
}

export const parseCommand = createCommandParser(commands, help);
