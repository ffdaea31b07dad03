/** How far a request has come: `ahead` others come first in the line of the model servers; 0: it is being served. */
export type ModelStage = { readonly ahead: number };

/** One request of a conversation to the model. */
export type StagedRequest = {
  /** So many others come first from now on. */
  readonly moved: (ahead: number) => void;
  /** It has ended. */
  readonly over: () => void;
};

export type ModelStages = {
  /** This conversation asks the model from now on, until the request is over. */
  readonly begin: (conversation: string) => StagedRequest;
  /** How far the request of this conversation has come; undefined while it asks nothing. */
  readonly of: (conversation: string) => ModelStage | undefined;
};

/** Remembers of each conversation that asks the model how far it has come. */
export function createModelStages(): ModelStages {
  const stages = new Map<string, ModelStage>();
  return {
    begin(conversation) {
      let mine: ModelStage = { ahead: 0 };
      stages.set(conversation, mine);
      // A question that is asked again with more in it may have begun before the first request has ended.
      const isNewest = (): boolean => stages.get(conversation) === mine;
      return {
        moved(ahead) {
          if (!isNewest()) return;
          mine = { ahead };
          stages.set(conversation, mine);
        },
        over() {
          if (isNewest()) stages.delete(conversation);
        },
      };
    },
    of: (conversation) => stages.get(conversation),
  };
}
