import { expect } from 'vitest';
import { brokenSamples, growingSamples, plainSamples } from '../samples.ts';
import { ended, growing, type Stage } from '../stage.ts';
import type { Behaviour } from './behaviour.ts';

/** What becomes of the model's Markdown. */
export const renderingBehaviours: readonly Behaviour[] = [
  {
    name: 'leaves plain words as they are, and holds back little of them',
    async run({ first }) {
      for (const plain of plainSamples) {
        expect(first.render(plain, true)).toBe(plain);
        expect(plain.startsWith(first.render(plain, false))).toBe(true);
        expect(first.render(plain, false).length).toBeGreaterThan(plain.length / 2);
      }
    },
  },
  {
    name: 'gives the same for the same text',
    async run(stage) {
      for (const sample of samplesOf(stage)) {
        expect(stage.first.render(sample, true)).toBe(stage.first.render(sample, true));
      }
    },
  },
  {
    name: 'begins what it gives for a longer text with what it gave for a shorter one, wherever that was cut',
    async run(stage) {
      for (const sample of samplesOf(stage)) {
        let before = '';
        const whole = stage.first.render(sample, true);
        for (let end = 0; end <= sample.length; end += 1) {
          const now = stage.first.render(sample.slice(0, end), false);
          expect(now.startsWith(before), `${JSON.stringify(sample.slice(0, end))} is taken back`).toBe(true);
          expect(whole.startsWith(now), `${JSON.stringify(sample.slice(0, end))} is not how it ends`).toBe(
            true,
          );
          before = now;
        }
      }
    },
  },
  {
    name: 'holds nothing back once the text is complete',
    async run({ first }) {
      for (const tail of ['完*', '完`码', '完<', '完[链接', '完|', '完\\', '完_']) {
        expect(first.render(tail, true).length).toBeGreaterThanOrEqual(tail.length);
      }
    },
  },
  {
    name: 'gives a well-formed text for whatever a model may say',
    async run({ first }) {
      for (const broken of brokenSamples) {
        expect(
          [first.render(broken, true), first.render(broken, false)].map((text) => text.isWellFormed()),
        ).toEqual([true, true]);
      }
    },
  },
  {
    name: 'notifies nobody by what a model says, neither while it grows nor at the end',
    applies: ({ mentionMarkup }) => mentionMarkup.length > 0,
    async run(stage) {
      const { harness, first } = stage;
      const instance = await stage.enter();
      const where = harness.traits.groups ? 'group' : 'direct';
      const text = where === 'group' ? '@{bot} 叫人' : '叫人';
      const { replyTarget: target } = await stage.hear(instance, { where, text });
      const said = harness.traits.mentionMarkup.map((markup) => `请看 ${markup} 谢谢`).join('\n\n');
      const sink = await stage.open(instance, { target });
      for (const end of [said.length / 2, said.length]) {
        await stage.update(sink, growing(first.render(said.slice(0, end), false)));
      }
      await stage.close(sink, ended(first.render(said, true)));
      const shown = await stage.reply(where);
      expect(shown.pings).toEqual([]);
      expect(shown.text.match(/谢谢/g)?.length).toBe(harness.traits.mentionMarkup.length);
      expect(harness.refused()).toEqual([]);
    },
  },
];

function samplesOf({ harness }: Stage): readonly string[] {
  return [...growingSamples, ...harness.traits.mentionMarkup.map((markup) => `请看 ${markup} 谢谢`)];
}
