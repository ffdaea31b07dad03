import type { Harness, Person, Said, Sent, ShownReply } from '../contract/harness.ts';
import type { ServiceEnvironment } from '../support/service-process.ts';

/** How a platform's replies behave, as far as the end-to-end suite must know. */
export type StageTraits = {
  /** The answer is seen growing. Otherwise it is seen once, whole (or in parts where it is too long for one message). */
  readonly live: boolean;
  readonly buttons: boolean;
  /** Pictures one message can hold, and whether words can stand beside them. */
  readonly pictures: { readonly most: number; readonly withWords: boolean };
  /** An unfinished reply can be ended after a restart in the place where it stands. */
  readonly resumes: boolean;
  /** The platform delivers again what was not acknowledged. */
  readonly redelivers: boolean;
  /** The platform's proof does not cover what was said, so nobody may steer the service, administrators included. */
  readonly forgeable?: true;
};

/** One platform in real time, for the real service in a process of its own. */
export type Stage = {
  readonly traits: StageTraits;
  /** What the service needs to find this platform and to have the asker as administrator. */
  readonly environment: ServiceEnvironment;
  /** What must never appear in the log. */
  readonly secrets: readonly string[];
  /** The service listens on this port: webhooks go there. */
  point(port: number): Promise<void>;
  /** Whether what is said now reaches the service. */
  reachable(): boolean;
  /** In a group the text begins with the bot's mention by itself unless `addressed` is false. */
  say(said: Omit<Said, 'where'> & { readonly where: 'direct' | 'group'; readonly addressed?: boolean }): Sent;
  /** Delivers it so often again. */
  redeliver(sent: Sent, times: number): void;
  /** Takes a message back; without effect where the platform tells nobody. */
  recall(sent: Sent): void;
  /** Every delivery so far was acknowledged, or the platform wants no acknowledgement. */
  settled(): boolean;
  press(reply: ShownReply, label: string, by: Person): Promise<string | undefined>;
  /** What the bot has said there, oldest first. May be called often; where the platform polls, this polls. */
  replies(where: 'direct' | 'group'): Promise<readonly ShownReply[]>;
  /** Calls the platform refused by its own rules. */
  refused(): readonly string[];
  stop(): Promise<void>;
};

export type CreateStage = () => Promise<Stage>;

/** What a stage hands on to its platform's harness as it is. */
export function throughHarness(
  harness: Harness,
): Pick<Stage, 'secrets' | 'say' | 'redeliver' | 'recall' | 'press' | 'replies' | 'refused'> {
  return {
    secrets: harness.secrets,
    say({ addressed = true, text, ...said }) {
      const mention = said.where === 'group' && addressed ? '@{bot} ' : '';
      return harness.say({ ...said, ...(text === undefined ? {} : { text: `${mention}${text}` }) });
    },
    redeliver(sent, times) {
      for (let count = 0; count < times; count += 1) harness.redeliver(sent);
    },
    recall: (sent) => harness.recall(sent),
    press: (reply, label, by) => harness.press(reply, label, by),
    replies: (where) => harness.replies(where),
    refused: () => harness.refused(),
  };
}
