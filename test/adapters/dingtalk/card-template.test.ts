import { describe, expect, it } from 'vitest';
import { readPress } from '../../../adapters/dingtalk/decode/action.ts';
import { variablesOf } from '../../../adapters/dingtalk/card.ts';
import { readFields, readTemplate } from './card-template.ts';
import { endButtons, growing, stopButton } from './support.ts';

describe('the card template that is shipped', () => {
  const template = readTemplate();

  it('has every variable the adapter sets, and no other', () => {
    const set = {
      content: '',
      toast: '',
      config: '',
      flowStatus: '', // the platform's own
      ...variablesOf(growing('', { buttons: [stopButton, ...endButtons] }), false),
    };
    expect(Object.keys(template.variables).sort()).toEqual(Object.keys(set).sort());
    expect(template.variables['content']).toBe('markdown');
  });

  it('has a button for each kind, which sends back the id it was given', () => {
    expect(template.buttons?.map(({ actionId }) => actionId).sort()).toEqual([
      'bad',
      'good',
      'retry',
      'stop',
    ]);
    for (const { actionId, label, params, shownWhen } of template.buttons ?? []) {
      expect([label, params, shownWhen]).toEqual([
        `\${${actionId}Label}`,
        { button: `\${${actionId}Id}` },
        { variable: `${actionId}Shown`, equals: 'true' },
      ]);
      const content = JSON.stringify({
        cardPrivateData: { actionIds: [actionId], params: { button: 'id' } },
      });
      expect(readPress({ outTrackId: 'x', content })).toEqual({ outTrackId: 'x', button: 'id', actionId });
    }
  });

  it('streams the answer while it is written, and shows it at the end', () => {
    const [card] = readFields()['componentsTree'] as readonly [{ readonly children: readonly unknown[] }];
    const states = card.children.map((state) => JSON.stringify(state));
    expect(states).toHaveLength(4);
    expect(states.map((state) => state.includes('"isStreaming":true'))).toEqual([false, true, true, true]);
  });
});
