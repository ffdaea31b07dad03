/** Rows as both engines give them. Times are milliseconds since the epoch; JSON columns hold text. */

/** Keys of events already taken, so that a redelivery has no effect. Kept for at least seven days. */
export type ClaimRow = {
  readonly adapter: string;
  readonly event_key: string;
  readonly claimed_at: number;
};

/** One message and everything that became of it, up to the last edit the platform accepted. */
export type TurnRow = {
  id: string;
  adapter: string;
  event_key: string;
  platform: string;
  tenant: string;
  chat: string;
  place_kind: string;
  topic: string | null;
  person: string;
  /** Whose memory this turn belongs to; see `core/scope.ts`. */
  scope: string;
  /** `question`, `command`, `notice` or `part` (a further message of a question that had not been answered yet). */
  kind: string;
  /** For a notice: which sentence. */
  notice: string | null;
  state: string;
  /** How often a process took this turn up. */
  attempts: number;
  /** The inbound message (JSON). */
  message: string;
  /** What the person asked, quote included, as it goes into later prompts. Null until it is known. */
  question: string | null;
  /** The answer so far, saved now and then while it grows, whole from `finalising` on. */
  answer: string | null;
  /** How the answer ended (JSON), from `finalising` on. */
  outcome: string | null;
  /** The replies on the platform (JSON list of parts). */
  parts: string;
  /** Random; the ids of this turn's buttons start with it. */
  button_key: string;
  /** Set once, by the press that was first. */
  retried_at: number | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  /** The id of the model that answered, as its server names it. */
  model: string | null;
  /** When each step was reached and what it took (JSON), for `/why` and `/status`. No content. */
  trace: string | null;
  /** The process that works on it, and until when it may without renewing; the number of its lease. */
  owner: string | null;
  lease_until: number | null;
  fence: number;
  /** How often it was taken up after a process had left it in the middle. */
  taken_up: number;
  /** `stopped`, `stopped-by-administrator` or `recalled`: whoever works on it is to end it so. */
  stop_wish: string | null;
  /** The lease with which its lane was entered; an older one than `fence` says that it waits (again). */
  lane_fence: number | null;
  /** For a `part`: the question it was taken together with. */
  joined_to: string | null;
  accepted_at: number;
  updated_at: number;
  /** When its words were erased (`/forget`, a recalled message); what is saved of it later holds none. */
  erased_at: number | null;
};

/** A picture ready for the model, so that later questions can ask about it. Gone after `expires_at`. */
export type MediaRow = {
  turn_id: string;
  position: number;
  mime: string;
  width: number;
  height: number;
  bytes: Uint8Array;
  expires_at: number;
};

/**
 * What a conversation was set to: where its memory begins (`/new`), whether the model thinks (`/think`), which assistant
 * and which model answer. Null: unset.
 */
export type ScopeRow = {
  scope: string;
  reset_at: number;
  thinking: number | null;
  assistant: string | null;
  model: string | null;
};

/** What a chat was set to for everyone in it. `context`: `user` or `group`. Null: unset. */
export type ChatRow = {
  adapter: string;
  tenant: string;
  chat: string;
  context: string | null;
  assistant: string | null;
};

/** A person's own settings, and whether the limits of the privileged hold for them. */
export type PersonRow = { platform: string; person: string; language: string | null; vip: number };

/** Administrators beside those in `ADMINS`. `added_by` is `platform:userId`, or `code` for the first one. */
export type AdministratorRow = { platform: string; person: string; added_at: number; added_by: string };

/** Who may ask, beside `ALLOW`. `kind`: `person`, `chat` or `platform` (then `subject` is empty). `effect`: `allow` or `deny`. */
export type AccessRuleRow = {
  platform: string;
  kind: string;
  subject: string;
  effect: string;
  set_at: number;
  set_by: string;
};

/**
 * How much may be asked. `kind`: `each-person`, `each-vip`, `each-chat` and `all` (then `platform` and `subject` are
 * empty), or one `person` or `chat`. Null: no limit of its own. Negative: explicitly unlimited.
 */
export type LimitRow = {
  kind: string;
  platform: string;
  subject: string;
  requests_per_minute: number | null;
  tokens_per_day: number | null;
};

/** Settings of the whole service, made at run time (JSON). */
export type SettingRow = { name: string; value: string };

/** A message of an administrator to many chats, and how far it got. `state`: `asked`, `sending`, `done` or `stopped`. */
export type BroadcastRow = {
  id: string;
  text: string;
  platform: string;
  person: string;
  state: string;
  created_at: number;
};

/**
 * One chat that a broadcast goes to; `address` is the adapter's own. `state`: `waiting`, `sending`, `sent`, `failed`, or
 * `unsure` (it may have got through).
 */
export type BroadcastTargetRow = {
  broadcast_id: string;
  position: number;
  adapter: string;
  address: string;
  state: string;
};

/** A judgement of an answer; the last one of a person counts. */
export type FeedbackRow = { turn_id: string; person: string; verdict: string; given_at: number };

/** Every act that needed a right, and every refusal. Appended; what an act came to is filled in. Kept for a year. */
export type AuditRow = {
  id: string;
  at: number;
  platform: string;
  person: string;
  act: string;
  allowed: number;
  detail: string;
};

/** How many calls of an API a platform was asked for on one day, for the month's quota. `day` is `2026-11-20`. */
export type CallRow = { platform: string; day: string; api: string; count: number };

/** Each writer's last durable transaction (PostgreSQL): tells whether one took place whose end was not heard of. */
export type CommitRow = { readonly writer: string; readonly number: number; readonly at: number };

/** Values that all processes see, each until its time is over (JSON). */
export type SharedRow = { name: string; value: string; expires_at: number };

/**
 * The processes on this database. `alive_until`: as long as it renews that, it may make calls; `counts`: of whom it takes
 * account in what it uses of the platforms' limits (JSON list of owners).
 */
export type ReplicaRow = {
  owner: string;
  joined_at: number;
  seen_at: number;
  alive_until: number;
  counts: string;
};

export type MetaRow = { name: string; value: string };

export type Schema = {
  claims: ClaimRow;
  turns: TurnRow;
  media: MediaRow;
  scopes: ScopeRow;
  people: PersonRow;
  chats: ChatRow;
  administrators: AdministratorRow;
  access_rules: AccessRuleRow;
  limits: LimitRow;
  settings: SettingRow;
  broadcasts: BroadcastRow;
  broadcast_targets: BroadcastTargetRow;
  feedback: FeedbackRow;
  audit: AuditRow;
  calls: CallRow;
  commits: CommitRow;
  shared: SharedRow;
  replicas: ReplicaRow;
  meta: MetaRow;
};
