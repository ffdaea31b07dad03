import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admission } from '../../src/reply/notices/admission.ts';
import { paused as pausedWords } from '../../src/reply/notices/limits.ts';
import { buttons, toasts } from '../../src/reply/notices/progress.ts';
import type { Person, ShownReply, Where } from '../contract/harness.ts';
import { saying, sayingForEver } from '../fakes/model.ts';
import { platforms } from './platforms.ts';
import { become, roleNames, type Role } from './roles.ts';
import { createMatrixStage, type MatrixStage } from './stage.ts';
import { expectedPress, type Press, type PressVerdict } from './table.ts';

const verdicts: ReadonlyMap<string, PressVerdict> = new Map([
  [toasts.stopping.zh, 'done'],
  [toasts.retrying.zh, 'done'],
  [toasts.thanks.zh, 'done'],
  [toasts.notYours.zh, 'not-yours'],
  [admission['not-allowed'].zh, 'turned-away'],
  [pausedWords('').zh, 'paused'],
]);

/** The others cannot put a button beside a text that is replaced. */
const withButtons = platforms.filter(({ buttons: has }) => has);

describe.each(withButtons)('$name', (platform) => {
  let stage: MatrixStage;
  let asked = 0;
  beforeAll(async () => {
    stage = await createMatrixStage(platform, { replies: 'real' });
    expect(stage.adapter.capabilities.buttons).toBe(true);
  });
  afterAll(() => stage.end());

  /** The asker's answer with its buttons, while it runs or after its end. */
  async function answerIn(where: Where, state: 'running' | 'ended'): Promise<ShownReply> {
    await stage.quiet();
    await become(stage.policy, 'ordinary person', stage.asker, false);
    stage.model.answerWith(state === 'running' ? sayingForEver('开头') : saying('答案'));
    const before = new Set((await stage.harness.replies(where)).map(({ id }) => id));
    asked += 1;
    await stage.hear([{ where, text: `问题 ${asked}` }]);
    const label = (state === 'running' ? buttons.stop : buttons.retry).zh;
    let reply: ShownReply | undefined;
    await stage.until(async () => {
      const replies = await stage.harness.replies(where);
      reply = replies.find(({ id, buttons: labels }) => !before.has(id) && labels.includes(label));
      return reply !== undefined;
    }, `a reply with ${label}`);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  async function press(reply: ShownReply, button: Press, by: Person): Promise<string> {
    const toast = await stage.toast(() => stage.harness.press(reply, buttons[button].zh, by));
    return verdicts.get(toast ?? '') ?? `said: ${toast ?? 'nothing'}`;
  }

  async function endAll(where: Where): Promise<void> {
    await become(stage.policy, 'ordinary person', stage.asker, false);
    const [message] = await stage.hear([{ where, text: '/stop' }]);
    if (message !== undefined) await stage.ended(message);
  }

  type Cell = { readonly where: Where; readonly whose: 'own' | 'another’s'; readonly paused: boolean };
  const cellsOf = (places: readonly Where[]): readonly Cell[] =>
    places.flatMap((where) =>
      (['own', 'another’s'] as const)
        .filter((whose) => whose === 'own' || where !== 'direct')
        .flatMap((whose) => [false, true].map((paused) => ({ where, whose, paused }))),
    );

  async function pressAs(role: Role, cell: Cell, reply: ShownReply, button: Press): Promise<string> {
    const own = cell.whose === 'own';
    await become(stage.policy, role, own ? stage.asker : stage.colleague, cell.paused);
    return press(reply, button, own ? 'asker' : 'colleague');
  }

  it.each(roleNames)('%s', async (role) => {
    const found: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    for (const cell of cellsOf(stage.places)) {
      const { where, whose, paused } = cell;
      const running = await answerIn(where, 'running');
      const stopped = await pressAs(role, cell, running, 'stop');
      await endAll(where);
      const ended = await answerIn(where, 'ended');
      const before = stage.model.asked.length;
      const pressed = {
        stop: stopped,
        good: await pressAs(role, cell, ended, 'good'),
        bad: await pressAs(role, cell, ended, 'bad'),
        retry: await pressAs(role, cell, ended, 'retry'),
      };
      if (pressed.retry === 'done')
        await stage.until(() => stage.model.asked.length > before, 'the model is asked again');
      else expect(stage.model.asked).toHaveLength(before);
      for (const button of ['stop', 'retry', 'good', 'bad'] as const) {
        const name = `${button}, ${whose} answer, ${where}${paused ? ', paused' : ''}`;
        found[name] = pressed[button];
        wanted[name] = expectedPress(role, whose, where, button, paused);
      }
    }
    expect(found).toEqual(wanted);
  });
});
