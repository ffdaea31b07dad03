import type { Where } from '../contract/harness.ts';
import type { Role } from './roles.ts';

/**
 * What becomes of a message. `done`: answered, or the command carried out. `refused`: told that only administrators may.
 * `paused`: told that the service is paused. `turned-away`: told that they may not use the bot.
 */
export type Verdict = 'done' | 'refused' | 'paused' | 'turned-away';

type Row = readonly [question: Verdict, questionWhilePaused: Verdict, command: Verdict, steering: Verdict];

const steers: Row = ['done', 'done', 'done', 'done'];
const uses: Row = ['done', 'paused', 'done', 'refused'];
const none: Row = ['turned-away', 'turned-away', 'turned-away', 'turned-away'];

/**
 * Who may do what, where: a question, a question while the service is paused, everyone's commands, administrators'
 * commands. Commands are the same while the service is paused.
 */
export const rights: Readonly<Record<Role, Readonly<Record<'direct' | 'group', Row>>>> = {
  'named in ADMINS': { direct: steers, group: steers },
  'made administrator in the chat': { direct: steers, group: steers },
  'ordinary person': { direct: uses, group: uses },
  'person on the list': { direct: uses, group: uses },
  'denied person, though on the list': { direct: none, group: none },
  'person of a denied platform': { direct: none, group: none },
  'stranger while the list is closed': { direct: none, group: none },
  'allowed by the group only': { direct: none, group: uses },
  'denied in the group only': { direct: uses, group: none },
};

/** Whose each command is. A command without a row here fails the matrix. */
export const commandRights: Readonly<Record<string, 'everyone' | 'administrators'>> = {
  help: 'everyone',
  new: 'everyone',
  stop: 'everyone',
  retry: 'everyone',
  whoami: 'everyone',
  model: 'everyone',
  think: 'everyone',
  usage: 'everyone',
  lang: 'everyone',
  context: 'everyone',
  assistant: 'everyone',
  why: 'everyone',
  forget: 'everyone',
  status: 'administrators',
  doctor: 'administrators',
  models: 'administrators',
  users: 'administrators',
  allow: 'administrators',
  deny: 'administrators',
  limit: 'administrators',
  queue: 'administrators',
  pause: 'administrators',
  resume: 'administrators',
  broadcast: 'administrators',
  audit: 'administrators',
};

/** Where the sender is not proven, nobody steers, whoever they say they are. */
export function expected(
  role: Role,
  where: Where,
  said: 'question' | 'command' | 'steering',
  { paused, unproven }: { readonly paused: boolean; readonly unproven: boolean },
): Verdict {
  const [question, questionWhilePaused, command, steering] =
    rights[role][where === 'direct' ? 'direct' : 'group'];
  if (said === 'question') return paused ? questionWhilePaused : question;
  if (said === 'command') return command;
  return unproven && steering === 'done' ? 'refused' : steering;
}

/** What a press comes to; `not-yours`: told that only the asker and administrators may. */
export type PressVerdict = 'done' | 'not-yours' | 'paused' | 'turned-away';

export type Press = 'stop' | 'retry' | 'good' | 'bad';

/**
 * Who may press what under whose answer. One's own answer can always be stopped; to ask again one must be allowed to
 * ask; whoever sees an answer may judge it; administrators may do all of it.
 */
export function expectedPress(
  role: Role,
  whose: 'own' | 'another’s',
  where: Where,
  button: Press,
  paused: boolean,
): PressVerdict {
  const row = rights[role][where === 'direct' ? 'direct' : 'group'];
  if (button === 'good' || button === 'bad' || row === steers) return 'done';
  if (whose === 'another’s') return 'not-yours';
  if (button === 'stop') return 'done';
  const asking = row[paused ? 1 : 0];
  return asking === 'refused' ? 'turned-away' : asking;
}
