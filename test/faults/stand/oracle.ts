import type { ShownReply } from '../../contract/harness.ts';
import type { StoredTurn } from './database.ts';
import { answerTo, marksIn, type Mark } from './marks.ts';

export type Where = 'direct' | 'group';

/** One message to the bot. `mark` undefined: a command, whose words are its own. */
export type Asked = {
  readonly mark: Mark | undefined;
  readonly where: Where;
  readonly from: 'asker' | 'colleague';
  /** The platform delivers it until it is acknowledged, so it must be taken; otherwise only what was taken counts. */
  readonly certain: boolean;
};

/** Everything that could be seen from outside, at one moment. */
export type Seen = {
  readonly asked: readonly Asked[];
  readonly turns: readonly StoredTurn[];
  readonly shown: Readonly<Record<Where, readonly ShownReply[]>>;
  /** The marks in each request to the model. */
  readonly requests: readonly (readonly Mark[])[];
  /** Platform calls that broke the platform's rules. */
  readonly refused: readonly string[];
  /** Where a secret stood that belongs nowhere. */
  readonly leaks: readonly string[];
  /** Administrators may have been written to of the bot's own accord. */
  readonly alerts: boolean;
  /** Turns whose end was decided and not yet known to be shown when their process was killed, once for each such kill. */
  readonly cutOff: readonly string[];
  /** What this platform takes under no key, and shows a second time if it is sent again: `commands`, answers too, or nothing. */
  readonly keyless: 'nothing' | 'commands' | 'everything';
};

/** How often this turn's reply may stand there more than once, each time with a kill between sending and storing that. */
function mayRepeat({ cutOff, keyless }: Seen, { id, kind }: StoredTurn): number {
  if (keyless === 'nothing' || (keyless === 'commands' && kind === 'question')) return 0;
  return cutOff.filter((turn) => turn === id).length;
}

const endedStates: readonly string[] = ['done', 'failed', 'interrupted'];
const shortId = ({ id }: StoredTurn): string => `#${id.slice(0, 4)}`;

/** A message's turn, or the one it was answered with. */
type Owners = ReadonlyMap<Mark, StoredTurn>;

function ownersOf(turns: readonly StoredTurn[]): Owners {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  // What was taken into a question stands there, too; its own turn holds nothing else.
  const fewestFirst = turns
    .map((turn) => ({ turn, marks: marksIn(turn.text) }))
    .toSorted((one, other) => one.marks.length - other.marks.length);
  const owners = new Map<Mark, StoredTurn>();
  for (const { turn, marks } of fewestFirst) {
    const owner = turn.kind === 'part' ? byId.get(turn.joinedTo ?? '') : turn;
    for (const mark of marks) if (owner !== undefined && !owners.has(mark)) owners.set(mark, owner);
  }
  return owners;
}

/** One question (with everything that was taken with it) and the replies to it. */
type Answered = {
  readonly turn: StoredTurn;
  readonly marks: readonly Mark[];
  readonly where: Where;
  readonly replies: readonly ShownReply[];
};

function answeredOf({ asked, turns, shown }: Seen): readonly Answered[] {
  const owners = ownersOf(turns);
  const questions = new Map<string, { turn: StoredTurn; marks: Mark[]; where: Where }>();
  for (const { mark, where } of asked) {
    const turn = mark === undefined ? undefined : owners.get(mark);
    if (mark === undefined || turn === undefined) continue;
    const known = questions.get(turn.id) ?? { turn, marks: [], where };
    known.marks.push(mark);
    questions.set(turn.id, known);
  }
  return [...questions.values()].map((question) => ({
    ...question,
    replies: shown[question.where].filter((reply) => answers(reply, question)),
  }));
}

function answers({ words }: ShownReply, { turn, marks }: Pick<Answered, 'turn' | 'marks'>): boolean {
  const shown = marksIn(words);
  // A reply without an answer is known by the id that its note or its footer names.
  return shown.length === 0 ? words.includes(shortId(turn)) : shown.some((mark) => marks.includes(mark));
}

/** What must still happen before everything has come to its end; empty: nothing. */
export function unfinished(seen: Seen): readonly string[] {
  const owners = ownersOf(seen.turns);
  const untaken = seen.asked.filter(
    ({ mark, certain }) => certain && mark !== undefined && !owners.has(mark),
  );
  const commands = seen.asked.filter(({ mark, certain }) => certain && mark === undefined).length;
  const stored = seen.turns.filter(({ kind }) => kind === 'command').length;
  const unended = seen.turns.filter(({ state, kind }) => !endedStates.includes(state) && kind !== 'part');
  const live = Object.values(seen.shown).flatMap((replies) => replies.filter((reply) => reply.live));
  const silent = answeredOf(seen).filter(({ replies }) => replies.length === 0);
  return [
    ...untaken.map(({ mark }) => `${mark}: accepted and lost`),
    ...(stored < commands ? [`${commands - stored} commands accepted and lost`] : []),
    ...unended.map((turn) => `${shortId(turn)} (${marksIn(turn.text).join(' ')}): still ${turn.state}`),
    ...live.map(({ words }) => `a reply still spins: ${marksIn(words).join(' ') || 'without words'}`),
    ...silent.map(({ turn, marks }) => `${marks.join(' ')} ${shortId(turn)}: no reply`),
  ];
}

/** An answer may go on in a further reply; only the last one's end names the turn, and each line stands in one of them. */
function faultsOfAnswer(seen: Seen, { turn, marks, replies }: Answered): string[] {
  const most = 1 + mayRepeat(seen, turn);
  const name = `${marks.join(' ')} ${shortId(turn)}`;
  if (replies.length === 0) return [];
  const ends = replies.filter(({ words }) => words.includes(shortId(turn))).length;
  const faults = ends >= 1 && ends <= most ? [] : [`${name}: ${ends} ends in ${replies.length} replies`];
  const lines = marks.flatMap((mark) => answerTo(mark).split('\n\n'));
  const times = (line: string): number =>
    replies.reduce((sum, { text }) => sum + text.split(line).length - 1, 0);
  const doubled = lines.filter((line) => times(line) > most).length;
  if (doubled > 0) faults.push(`${name}: ${doubled} of ${lines.length} lines stand there twice`);
  const missing = lines.filter((line) => times(line) === 0).length;
  if (turn.status === 'complete' && missing > 0)
    faults.push(`${name}: ${missing} of ${lines.length} lines are missing from a whole answer`);
  return faults;
}

/** The places in which each mark was said, or may be shown. */
function strangers(seen: Seen): string[] {
  const askedAt = new Map(
    seen.asked.flatMap(({ mark, where, from }) =>
      mark === undefined ? [] : [[mark, { where, from }] as const],
    ),
  );
  const shownElsewhere = (['direct', 'group'] as const).flatMap((where) =>
    seen.shown[where].flatMap(({ words }) => {
      const marks = marksIn(words);
      const places = new Set(marks.map((mark) => JSON.stringify(askedAt.get(mark))));
      const foreign = marks.filter((mark) => askedAt.get(mark)?.where !== where);
      return [
        ...(places.size > 1 ? [`one reply shows words of several conversations: ${marks.join(' ')}`] : []),
        ...foreign.map((mark) => `${mark}: shown in another conversation`),
      ];
    }),
  );
  const askedTogether = seen.requests.flatMap((marks) => {
    const places = new Set(marks.map((mark) => JSON.stringify(askedAt.get(mark))));
    return places.size > 1 ? [`the model was shown several conversations at once: ${marks.join(' ')}`] : [];
  });
  return [...shownElsewhere, ...askedTogether];
}

/** Replies that belong to no question are those of commands and refusals, one each. */
function othersOf(seen: Seen): readonly ShownReply[] {
  const known = new Set(answeredOf(seen).flatMap(({ replies }) => replies));
  return Object.values(seen.shown)
    .flat()
    .filter((reply) => !known.has(reply));
}

function commandsOf({ turns }: Seen): readonly StoredTurn[] {
  return turns.filter(({ kind, text }) => marksIn(text).length === 0 && kind !== 'part');
}

function strays(seen: Seen): string[] {
  if (seen.alerts) return [];
  const others = othersOf(seen);
  const commands = commandsOf(seen);
  const most = commands.reduce((sum, turn) => sum + 1 + mayRepeat(seen, turn), 0);
  if (others.length >= commands.length && others.length <= most) return [];
  const words = others.map((reply) => reply.words.slice(0, 300).replaceAll('\n', ' ')).join(' | ');
  return [`${others.length} replies to ${commands.length} commands: ${words}`];
}

/**
 * A card that is opened once more under its own key is the way to find out, after a crash, whether it was opened: the
 * platform's refusal is the answer.
 */
const looks: ReadonlySet<string> = new Set(['card.createAndDeliver param.cardAlreadyExist']);

/** The same for an end: a stream that has ended takes no other. To be asked once for each end that was cut off. */
const endLooks: ReadonlySet<string> = new Set(['aibot_respond_msg 846608 stream message update expired']);

function refusals({ refused, cutOff }: Seen): string[] {
  const ends = refused.filter((call) => endLooks.has(call)).slice(cutOff.length);
  const others = refused.filter((call) => !looks.has(call) && !endLooks.has(call));
  return [...others, ...ends].map((call) => `refused: ${call}`);
}

/**
 * What is wrong with what was seen: exactly one ended reply for each message that was taken, whole or with a note; no
 * words in another conversation, on the platform or before the model; no platform rule broken (sequence numbers that do
 * not rise among them); no secret anywhere. To be asked once nothing is `unfinished`, or when that takes too long.
 */
export function findFaults(seen: Seen): readonly string[] {
  return [
    ...unfinished(seen),
    ...answeredOf(seen).flatMap((answered) => faultsOfAnswer(seen, answered)),
    ...strangers(seen),
    ...strays(seen),
    ...refusals(seen),
    ...seen.leaks,
  ];
}

/**
 * How many messages were taken, how many of their replies end with a note instead of the whole answer, and how many
 * replies stand there a second time because the platform takes them under no key.
 */
export function tally(seen: Seen): {
  readonly taken: number;
  readonly noted: number;
  readonly repeated: number;
} {
  const ended = answeredOf(seen);
  const ends = ended.flatMap(({ turn, replies }) =>
    replies.filter(({ words }) => words.includes(shortId(turn))),
  ).length;
  const surplus = othersOf(seen).length - commandsOf(seen).length;
  return {
    taken: ended.reduce((sum, { marks }) => sum + marks.length, 0),
    noted: ended.filter(({ turn }) => turn.status !== 'complete').length,
    repeated: ends - ended.length + (seen.alerts ? 0 : surplus),
  };
}
