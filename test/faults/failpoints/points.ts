/**
 * Steps in a turn's life at which a process can be killed: just before the step is asked for, or just after it took
 * effect. `received` the platform's event is handed over, and its acknowledgement would leave next · `admit` claim and
 * turn are stored · `begin` a try is counted · `picture` one is fetched · `question` its words are stored · `open` the
 * reply is opened on the platform · `opened` that is stored · `streaming` the first text came from the model, and is
 * stored so · `update` an edit leaves for the platform · `partial` the text so far is stored · `counted` its tokens are ·
 * `finalise` the end is decided, and stored · `close` the last edit · `closed` that is stored · `end` the turn is over ·
 * `whole` a reply that is whole at once is sent (commands) · `resume` an open reply is found again after a restart.
 */
export type Step =
  | 'received'
  | 'admit'
  | 'begin'
  | 'picture'
  | 'question'
  | 'open'
  | 'opened'
  | 'streaming'
  | 'update'
  | 'partial'
  | 'counted'
  | 'finalise'
  | 'close'
  | 'closed'
  | 'end'
  | 'whole'
  | 'resume';

export type Moment = 'before' | 'after';

/** The `nth` time that this process comes to that moment of that step, it dies. */
export type Failpoint = { readonly step: Step; readonly moment: Moment; readonly nth: number };

const steps: readonly Step[] = [
  'received',
  'admit',
  'begin',
  'picture',
  'question',
  'open',
  'opened',
  'streaming',
  'update',
  'partial',
  'counted',
  'finalise',
  'close',
  'closed',
  'end',
  'whole',
  'resume',
];
const moments: readonly Moment[] = ['before', 'after'];

/** Every moment of every step, and edits in the middle of an answer beside its first one. */
export const failpoints: readonly Failpoint[] = [
  ...steps.flatMap((step) => moments.map((moment) => ({ step, moment, nth: 1 }))),
  ...moments.map((moment) => ({ step: 'update' as const, moment, nth: 3 })),
];

export function nameOf({ step, moment, nth }: Failpoint): string {
  return nth === 1 ? `${moment} ${step}` : `${moment} ${step} ${nth}`;
}
