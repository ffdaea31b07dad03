import type { AssistantBook } from '../assistants/book.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId } from '../contract/ids.ts';
import type { Admission, Inbox, InboundEvent, InboundNotice } from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { createLimitClock, startOf } from '../calendar.ts';
import type { CommandServices } from '../commands/command.ts';
import type { Config } from '../config/types.ts';
import { createTokenMeter } from '../conversation/tokens.ts';
import { createStatusReporter } from '../diagnosis/status.ts';
import { logWith } from '../log-with.ts';
import type { ImagePreparer } from '../media/types.ts';
import type { Model } from '../model/types.ts';
import type { CallLedger } from '../reply/call-ledger.ts';
import { createPace, type Pace, type PaceLevel } from '../reply/pace.ts';
import type { Store } from '../store/store.ts';
import type { AnswerServices } from './answer-question.ts';
import { createAccess } from './access.ts';
import { isAboutCode, type AdminCode } from './admin-code.ts';
import { createBroadcasts } from './broadcast.ts';
import { createBursts } from './bursts.ts';
import { createDirectChats } from './direct-chats.ts';
import { createDrain, type Drain } from './drain.ts';
import { createFewAtOnce } from './few-at-once.ts';
import { createGroupOwners } from './group-owners.ts';
import { createTurnHandler } from './handle-turn.ts';
import { newButtonKey, newTurnId } from './ids.ts';
import { createInbox } from './inbox.ts';
import { knownServers } from './known-servers.ts';
import { createLanes } from './lanes.ts';
import { createModelStages } from './model-stages.ts';
import { createOwnHistory } from './own-history.ts';
import type { PolicyBook } from './policy.ts';
import { createQueue } from './queue.ts';
import { createRefusals } from './refusals.ts';
import { recoverTurns } from './recover.ts';
import { createReshow } from './reshow.ts';
import { createRetry } from './retry.ts';
import type { Judged } from './press.ts';
import { createRunning } from './running.ts';
import { createSharedLanes } from './shared-lanes.ts';
import { wasLeftTooOften } from './taken-up.ts';
import type { TurnEnded } from './task.ts';
import { createElsewhere } from '../replicas/elsewhere.ts';
import type { Leases } from '../replicas/leases.ts';
import type { Held } from '../store/leases.ts';
import { shortId, type Turn, type TurnId } from './turn.ts';
import { turnsIn } from './whose-turns.ts';

const hourMs = 60 * 60_000;

export type CoreServices = {
  readonly config: Pick<Config, 'conversation' | 'locale' | 'timeZone' | 'retention'>;
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly store: Store;
  readonly policy: PolicyBook;
  readonly assistants: AssistantBook;
  readonly leases: Leases;
  /** Whether this is the process, of all on the database, that does what must be done once; unset where there is no other. */
  readonly leading?: () => boolean;
  readonly adminCode: Pick<AdminCode, 'look' | 'settle'>;
  readonly model: Model;
  readonly preparer: ImagePreparer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomByte: () => number;
  readonly uuid: () => string;
  readonly log: Logger;
  readonly version: string;
  readonly ended: TurnEnded;
  readonly answered: AnswerServices['answered'];
  /** Somebody pressed a thumb. */
  readonly judged: Judged;
  readonly counted: (type: InboundEvent['type'], adapter: AdapterId, outcome: Admission['outcome']) => void;
  readonly onNotice: (notice: InboundNotice) => void;
  /** Replies of this integration are edited more or less often from now on. */
  readonly onPace: (adapter: AdapterId, level: PaceLevel) => void;
  readonly ledger: Pick<CallLedger, 'use'>;
  readonly diagnose: CommandServices['diagnose'];
};

export type Core = {
  readonly inbox: Inbox;
  /** Takes up what an earlier process left; resolves once all is under way. */
  recover(): Promise<void>;
  /** Does what must be done by one process of all, until the signal aborts. */
  lead(signal: AbortSignal): Promise<void>;
  readonly drain: Drain;
  running(): number;
};

/** Wires the core's parts together: one line from an event to the end of its reply. */
export function createCore(services: CoreServices): Core {
  const { config, store, clock, log } = services;
  const dying = new AbortController();
  const halting = new AbortController();
  const lanes = createLanes();
  const running = createRunning();
  const access = createAccess(services.policy.current);
  const working = new Set<Promise<void>>();
  const held = new Map<TurnId, Held>();
  // A file is one process's own; a database may be shared.
  const alone = store.engine === 'sqlite';
  const ids = {
    newTurnId: () => newTurnId(services.randomByte),
    newButtonKey: () => newButtonKey(services.randomByte),
  };

  const paces = new Map<AdapterId, Pace>();
  const pace = (adapter: Adapter): Pace => {
    const known = paces.get(adapter.id);
    if (known !== undefined) return known;
    const made = createPace({
      ...adapter.capabilities,
      platform: adapter.platform,
      ledger: services.ledger,
      clock,
      onLevel: (level) => services.onPace(adapter.id, level),
    });
    paces.set(adapter.id, made);
    return made;
  };
  const onNotice = (notice: InboundNotice): void => {
    const adapter = services.adapters.get(notice.adapter);
    if (notice.code === 'quota-exceeded' && adapter !== undefined) pace(adapter).exhausted();
    services.onNotice(notice);
  };
  const carryOut = async (turn: Turn): Promise<void> => {
    const aboutCode = turn.notice !== undefined && isAboutCode(turn.notice);
    if (!aboutCode || wasLeftTooOften(turn)) return handle(turn);
    try {
      await handle(await services.adminCode.settle(turn));
    } catch (error) {
      // Nothing is said that does not hold; once its lease is over, the turn is taken up again.
      log.error({ error, turn: shortId(turn.id) }, 'the first administrator could not be stored');
    }
  };
  const inTurn = createFewAtOnce(carryOut);
  const begin = (turn: Turn): void => {
    held.set(turn.id, { id: turn.id, fence: turn.fence });
    services.leases.began(turn.acceptedAt);
    const work = inTurn(turn).finally(() => {
      working.delete(work);
      held.delete(turn.id);
      running.remove(turn.id);
      bursts.forget(turn.id);
    });
    working.add(work);
  };
  const bursts = createBursts({ store, clock, begin });
  const elsewhere = createElsewhere(store, log);
  const stopListening = elsewhere.listen(running);
  services.leases.attend({
    inWork: () => [...held.values()],
    adapters: () =>
      [...services.adapters.values()]
        .filter((adapter) => alone || !adapter.capabilities.oneConnection || adapter.health().state === 'up')
        .map(({ id }) => id),
    lost(turns) {
      log.warn({ turns: turns.map(({ id }) => shortId(id)) }, 'another process has taken turns over');
      for (const { id } of turns) running.letGo(id);
    },
    taken: (turns) => recoverTurns({ bursts, begin, log }, turns),
  });
  const stages = createModelStages();
  const shared = {
    ...services,
    ...ids,
    access,
    bursts,
    elsewhere,
    locale: config.locale,
    timeZone: config.timeZone,
    limitClock: createLimitClock(() => clock.now(), config.timeZone),
    dying: dying.signal,
    begin,
  };
  const broadcasts = createBroadcasts({
    ...shared,
    newId: () => newTurnId(services.randomByte),
    background(work) {
      working.add(work);
      void work.finally(() => working.delete(work));
    },
    halting: halting.signal,
  });
  const reshow = createReshow(shared);
  const retry = createRetry({ ...shared, reshow });
  const status = createStatusReporter({
    ...services,
    startedAt: clock.now(),
    now: () => clock.now(),
    adapters: [...services.adapters.values()],
    lanes,
    use: (platform) => services.ledger.use(platform),
    pace: (adapter) => pace(adapter).level(),
  });
  const handle = createTurnHandler({
    ...shared,
    ...config.conversation,
    access,
    lanes,
    sharedLanes: createSharedLanes(services),
    running,
    pace,
    stages,
    meter: createTokenMeter(),
    timeZone: config.timeZone,
    mediaRetentionMs: config.retention.mediaHours * hourMs,
    log: (fields) => logWith(log, fields),
    commandServices: {
      store,
      access,
      policy: services.policy,
      assistants: services.assistants,
      modelServers: (signal) => knownServers(services.model, clock, signal),
      platforms: new Set([...services.adapters.values()].map(({ platform }) => platform)),
      now: () => clock.now().getTime(),
      timeZone: config.timeZone,
      startOf: (unit) => startOf(unit, clock.now(), config.timeZone),
      stop: (turn) => stopAnswers(turn),
      retry,
      queue: createQueue(running, elsewhere, stages.of),
      broadcasts,
      ownerOf: createGroupOwners(services.adapters, clock, log),
      ownHistory: createOwnHistory({ store, running, elsewhere, clock }),
      status,
      models: () =>
        services.model
          .health()
          .flatMap(({ description }) => ('model' in description ? [description.model] : [])),
      inDirectChat: createDirectChats(services.adapters),
      diagnose: services.diagnose,
    },
  });
  const inbox = createInbox({
    ...shared,
    ...config.conversation,
    access,
    refusals: createRefusals(),
    lanes,
    running,
    retry,
    reshow,
    onNotice,
  });

  /** Stops what the asker of this turn has running in its scope, here or on another replica. */
  async function stopAnswers({ scope, message }: Turn): Promise<number> {
    const person = message.sender.key;
    const theirs = turnsIn(scope, person);
    const questions = (turn: Turn): boolean => turn.kind === 'question' && theirs(turn);
    return running.stopScope(scope, person, 'stopped') + (await elsewhere.stop(questions, 'stopped'));
  }

  const drain = createDrain({ ...services, working, running, halting, dying });
  return {
    inbox,
    async recover() {
      // First: a confirmation that is taken up again looks for what it had begun. Of several processes the leader does it.
      if (alone) await broadcasts.recover();
      await services.leases.takeOver();
    },
    lead: (signal) => broadcasts.lead(signal),
    async drain(...given) {
      await drain(...given);
      stopListening();
    },
    running: () => running.size(),
  };
}
