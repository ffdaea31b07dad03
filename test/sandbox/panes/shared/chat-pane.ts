import { Refusal, type Pane, type PaneEvent, type Picture, type View } from '../../pane.ts';
import type { Actions } from './actions.ts';
import type { DemoPerson } from './people.ts';

/** What the page offers in a pane because the platform has it. */
export type Abilities = {
  /** Replies in a topic of their own. */
  readonly topics: boolean;
  /** The bot is told of a message that was taken back. */
  readonly recall: boolean;
  /** Names that can be mentioned, the bot's first. */
  readonly names: readonly string[];
  /** Kinds of messages that nobody types. */
  readonly otherKinds: readonly string[];
};

export type PersonView = {
  readonly id: string;
  /** The person's chat with the bot. */
  readonly direct: string;
  readonly known: DemoPerson;
};

export type PaneParts = Pick<Pane, 'id' | 'title' | 'environment' | 'admins' | 'connected' | 'welcome'> & {
  readonly bot: string;
  readonly abilities: Abilities;
  readonly people: () => readonly PersonView[];
  readonly group: { readonly id: string; readonly name: string };
  readonly messages: () => readonly View[];
  readonly watch: (emit: (event: PaneEvent) => void) => Watch;
  readonly actions: (emit: (event: PaneEvent) => void) => Actions;
  readonly picture: (message: string, key: string) => Picture | undefined;
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
};

/** What follows a simulator and tells the page. */
export type Watch = { deliveries(): readonly View[]; stop(): void };

/** Messages of one chat that a page draws. */
export const shownMessages = 200;

/** The members every pane has in common, from a platform's parts. */
export function createChatPane(parts: PaneParts): Pane {
  const listeners = new Set<(event: PaneEvent) => void>();
  const emit = (event: PaneEvent): void => listeners.forEach((listener) => listener(event));
  const actions = parts.actions(emit);
  const watched = parts.watch(emit);
  const { id, title, environment, admins, connected, welcome, picture } = parts;
  return {
    id,
    title,
    environment,
    admins,
    connected,
    welcome,
    picture,
    state: () => ({
      title,
      bot: parts.bot,
      ...parts.abilities,
      people: parts.people().map(viewPerson),
      group: parts.group,
      messages: parts.messages(),
      deliveries: watched.deliveries(),
      connections: parts.connections(),
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async act(name, given) {
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (action === undefined) throw new Refusal('没有这个操作 / no such action');
      return action(given);
    },
    async stop() {
      watched.stop();
      await parts.stop();
    },
  };
}

function viewPerson({ id, direct, known }: PersonView): View {
  return { id, name: known.name, role: known.role, admin: known.admin === true, direct };
}
