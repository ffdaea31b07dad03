import type { CardTemplate } from '../../simulators/dingtalk/card-template.ts';

const kinds = ['stop', 'retry', 'good', 'bad'] as const;

/** The card template an administrator imports for the bot, as the card platform of this machine knows it. */
export const cardTemplate: CardTemplate = {
  id: 'b1f0c9f2-6f0a-4a51-9d6e-6b1b5b7f0d01.schema',
  variables: {
    content: 'markdown',
    ...Object.fromEntries(['progress', 'notice', 'footer', 'toast'].map((name) => [name, 'text' as const])),
    ...Object.fromEntries(
      kinds.flatMap((kind) => [
        [`${kind}Shown`, 'boolean' as const],
        [`${kind}Id`, 'text' as const],
        [`${kind}Label`, 'text' as const],
      ]),
    ),
  },
  buttons: kinds.map((kind) => ({
    actionId: kind,
    label: `\${${kind}Label}`,
    params: { button: `\${${kind}Id}` },
    shownWhen: { variable: `${kind}Shown`, equals: 'true' },
  })),
};
