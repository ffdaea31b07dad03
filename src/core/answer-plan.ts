import { createAnswerShape, type AnswerShape } from '../assistants/answer-shape.ts';
import type { AssistantBook } from '../assistants/book.ts';
import { assistantInForce } from '../assistants/in-force.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { systemPrompt } from '../conversation/system-prompt.ts';
import type { Model, ModelDescription, ModelRequest } from '../model/types.ts';
import { modelChoice } from '../reply/notices/models.ts';
import type { Language, Store } from '../store/store.ts';
import { isWithdrawn, mayChoose, modelRulesOf } from './model-rules.ts';
import { chatSettings, type PolicyBook } from './policy.ts';
import { modelName } from './present.ts';
import type { Turn } from './turn.ts';

export type PlanServices = {
  readonly store: Pick<Store, 'scopes'>;
  readonly policy: Pick<PolicyBook, 'current'>;
  readonly assistants: Pick<AssistantBook, 'current'>;
  readonly model: Pick<Model, 'health'>;
  readonly systemPrompt: string | undefined;
  readonly timeZone: string;
  readonly clock: Clock;
};

/** How one question is to be answered, by what was chosen, bound and configured. */
export type AnswerPlan = {
  readonly system: string;
  readonly request: Pick<ModelRequest, 'model' | 'sampling' | 'maxOutputTokens' | 'thinking'>;
  /** A fresh one for each time the model is asked; undefined: the answer is shown as it comes. */
  readonly shape: () => AnswerShape | undefined;
  /** Says that a machine made the answer. */
  readonly label: string | undefined;
  /** Beside an answer of this server: why it was not the chosen model. */
  readonly remarks: (answered: ModelDescription | undefined, pictured: boolean) => Promise<readonly string[]>;
};

export async function planAnswer(
  services: PlanServices,
  turn: Pick<Turn, 'scope' | 'message'>,
  language: Language,
  log: Logger,
): Promise<AnswerPlan> {
  const { scopes } = services.store;
  const [choices, thinking] = await Promise.all([scopes.choices(turn.scope), scopes.thinking(turn.scope)]);
  const assistants = services.assistants.current();
  const { place } = turn.message;
  const bound = chatSettings(services.policy.current(), place)?.assistant;
  const { assistant, withdrawn } = assistantInForce(assistants, { chosen: choices.assistant, bound, place });
  if (withdrawn.length > 0) log.info({ withdrawn }, 'an assistant that was chosen is no longer in the file');
  const chosen = await keptChoice(services, turn, choices.model);
  const model = chosen.model ?? assistant?.model;
  const switched = thinking ?? assistant?.thinking;
  const shape = { maxCharacters: assistant?.maxCharacters, closing: assistant?.closing?.[language] };
  return {
    system: systemPrompt({
      configured: services.systemPrompt,
      assistant: assistant?.prompt?.[language],
      language,
      timeZone: services.timeZone,
      now: services.clock.now(),
    }),
    request: {
      ...(model === undefined ? {} : { model }),
      ...(assistant === undefined || Object.keys(assistant.sampling).length === 0
        ? {}
        : { sampling: assistant.sampling }),
      ...(assistant?.maxTokens === undefined ? {} : { maxOutputTokens: assistant.maxTokens }),
      ...(switched === undefined ? {} : { thinking: switched }),
    },
    shape: () =>
      shape.maxCharacters === undefined && shape.closing === undefined ? undefined : createAnswerShape(shape),
    label: assistants.answerLabel?.[language],
    async remarks(answered, pictured) {
      if (chosen.refused !== undefined) return [modelChoice[chosen.why](modelName(chosen.refused))[language]];
      if (answered === undefined || model === undefined || answered.model === model) return [];
      log.info({ wanted: model, answered: answered.model }, 'another model answered than the one chosen');
      if (chosen.model === undefined) return [];
      const kept = await keptChoice(services, turn, chosen.model);
      const why = kept.refused === undefined ? (pictured ? 'blind' : 'away') : kept.why;
      return [modelChoice[why](modelName(model))[language]];
    },
  };
}

type Kept =
  | { readonly model: string | undefined; readonly refused?: undefined }
  | { readonly model: undefined; readonly refused: string; readonly why: 'withdrawn' | 'denied' };

/** What the conversation chose, unless that can no longer be had: then it is forgotten, so that it is said once. */
async function keptChoice(
  { store, policy, model }: PlanServices,
  { scope }: Pick<Turn, 'scope'>,
  chosen: string | undefined,
): Promise<Kept> {
  if (chosen === undefined) return { model: undefined };
  const allowed = mayChoose(modelRulesOf(policy.current()), chosen);
  if (allowed && !isWithdrawn(chosen, model.health())) return { model: chosen };
  await store.scopes.choose(scope, { model: undefined });
  return { model: undefined, refused: chosen, why: allowed ? 'withdrawn' : 'denied' };
}
