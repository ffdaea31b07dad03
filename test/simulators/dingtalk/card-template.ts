/** A button of a template: shown while a variable has a value, or always. */
export type TemplateButton = {
  readonly actionId: string;
  readonly label: string;
  /** Constant parameters of the callback; `${name}` stands for the variable of that name. */
  readonly params: Readonly<Record<string, string>>;
  readonly shownWhen?: { readonly variable: string; readonly equals: string };
};

export type VariableType = 'markdown' | 'text' | 'number' | 'boolean' | 'array' | 'object';

/** A card template of the card platform. */
export type CardTemplate = {
  /** `<uuid>.schema`. */
  readonly id: string;
  /** Saving is enough to use it; default `saved`. */
  readonly state?: 'published' | 'saved' | 'unpublished';
  readonly variables: Readonly<Record<string, VariableType>>;
  /** Whether the failed state is enabled; default true. Without it `isError` is refused. */
  readonly failedState?: boolean;
  readonly buttons?: readonly TemplateButton[];
};

/** A button as it is shown on one card. */
export type ShownButton = {
  readonly actionId: string;
  readonly label: string;
  readonly params: Readonly<Record<string, string>>;
};

/** The buttons a card shows for these values of its variables. */
export function shownButtons(
  template: CardTemplate,
  values: ReadonlyMap<string, string>,
): readonly ShownButton[] {
  const fill = (text: string): string =>
    text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values.get(name) ?? '');
  return (template.buttons ?? [])
    .filter(({ shownWhen }) => shownWhen === undefined || values.get(shownWhen.variable) === shownWhen.equals)
    .map(({ actionId, label, params }) => ({
      actionId,
      label: fill(label),
      params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, fill(value)])),
    }));
}
