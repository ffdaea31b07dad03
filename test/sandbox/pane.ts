/** Plain JSON for the page. */
export type View = { readonly [member: string]: unknown };

/** One call the service made to a platform. Ids, codes and sizes only. */
export type PaneCall = {
  readonly api: string;
  readonly atMs: number;
  readonly durationMs: number;
  /** HTTP status; 0: there was no answer; undefined: answers are judged by their code alone. */
  readonly status: number | undefined;
  /** The platform's own code, where it refused. */
  readonly code: string | undefined;
  /** There and back, as far as counted. */
  readonly bytes: number;
  readonly refused: boolean;
};

/**
 * What a pane tells while people act in it. `cause` names a question: equal in `asked` and in the `answer-shown` that
 * answers it.
 */
export type PaneEvent =
  | { readonly type: 'message'; readonly message: View }
  | { readonly type: 'call'; readonly call: PaneCall; readonly subject: string | undefined }
  | { readonly type: 'delivery'; readonly delivery: View }
  /** How many connections of the service this platform holds now. */
  | { readonly type: 'link'; readonly connections: number }
  | { readonly type: 'asked'; readonly cause: string; readonly text: string; readonly atMs: number }
  | {
      readonly type: 'answer-shown';
      readonly answer: string;
      readonly cause: string;
      readonly atMs: number;
      /** Subjects whose calls belong to this answer. */
      readonly subjects: readonly string[];
    }
  /** An answer's first words; told again when what stood there before turned out not to be them. */
  | { readonly type: 'text-shown'; readonly answer: string; readonly atMs: number };

export type Picture = { readonly bytes: Uint8Array; readonly mime: string };

/** A simulated chat platform with its chats: one module for each platform here, and one of the same name in the page. */
export type Pane = {
  readonly id: string;
  readonly title: { readonly zh: string; readonly en: string };
  /** What the service's environment says about this platform. */
  readonly environment: Readonly<Record<string, string>>;
  /** Entries of `ADMINS`. */
  readonly admins: readonly string[];
  /** Resolves when the service is connected; rejects when the signal aborts. */
  connected(signal: AbortSignal): Promise<void>;
  /** After the first connection: what makes the first look of the chats. */
  welcome(): void;
  /** Everything the page needs to draw the pane at first. */
  state(): View;
  subscribe(listener: (event: PaneEvent) => void): () => void;
  /** What a person does in the page; `given` is undecoded. Throws `Refusal` with a sentence. */
  act(action: string, given: unknown): Promise<View>;
  /** The bytes of a picture in a message. */
  picture(message: string, key: string): Picture | undefined;
  stop(): Promise<void>;
};

/** Something the page asked for and cannot have; its message is shown to the visitor. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
