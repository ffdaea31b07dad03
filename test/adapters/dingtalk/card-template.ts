import { readFileSync } from 'node:fs';
import type { CardTemplate, TemplateButton, VariableType } from '../../simulators/dingtalk/card-template.ts';

type Fields = { readonly [name: string]: unknown };

type Variable = { readonly name: string; readonly type: string };

type Button = {
  readonly text: { readonly content: string };
  readonly actionId: { readonly content: string };
  readonly params: readonly { readonly name: string; readonly variable: string }[];
  readonly visible: {
    readonly condition: {
      readonly conditions: readonly { readonly variable: string; readonly value: string }[];
    };
  };
};

type Component = {
  readonly props: { readonly buttons?: { readonly list: readonly Button[] } };
  readonly children?: readonly Component[];
};

const file = new URL('../../../docs/dingtalk/card-template.json', import.meta.url);

const types: Readonly<Record<string, VariableType>> = {
  markdown: 'markdown',
  object: 'object',
  string: 'text',
};

/** The shipped template as the card platform would know it once it was imported. */
export function readTemplate(): CardTemplate {
  const { variableList, schema } = editorData();
  const tree = (schema as { readonly componentsTree: readonly Component[] }).componentsTree;
  const buttons = tree.flatMap(buttonsOf).map(toButton);
  const distinct = new Map(buttons.map((button) => [button.actionId, button]));
  return {
    id: '0f3a7c52-5d1e-4b8e-9a60-7f6f2f6f0001.schema',
    variables: Object.fromEntries(
      (variableList as readonly Variable[]).map(({ name, type }) => [name, types[type] ?? 'text']),
    ),
    buttons: [...distinct.values()],
  };
}

/** Its tree of components. */
export function readFields(): Fields {
  return editorData()['schema'] as Fields;
}

function editorData(): Fields {
  const template = JSON.parse(readFileSync(file, 'utf8')) as { readonly editorData: string };
  return JSON.parse(template.editorData) as Fields;
}

function buttonsOf({ props, children = [] }: Component): readonly Button[] {
  return [...(props.buttons?.list ?? []), ...children.flatMap(buttonsOf)];
}

function toButton({ text, actionId, params, visible }: Button): TemplateButton {
  const [condition] = visible.condition.conditions;
  return {
    actionId: actionId.content,
    label: text.content,
    params: Object.fromEntries(params.map(({ name, variable }) => [name, `\${${variable}}`])),
    ...(condition === undefined
      ? {}
      : { shownWhen: { variable: condition.variable, equals: condition.value } }),
  };
}
