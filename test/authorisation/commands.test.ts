import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/registry.ts';
import type { Turn } from '../../src/core/turn.ts';
import { commandWords } from '../../src/reply/notices/commands.ts';
import type { Where } from '../contract/harness.ts';
import { become, roleNames, type Role } from './roles.ts';
import { platforms } from './platforms.ts';
import { createMatrixStage, type MatrixStage } from './stage.ts';
import { commandRights, expected, type Verdict } from './table.ts';

const question = '一个问题';
/** Said after everything else: it ends a pause. */
const last = ['/resume'];
const said = [...commands.map(({ name }) => `/${name}`).filter((text) => !last.includes(text)), ...last];

describe('the commands', () => {
  it('each have a row that says whose they are', () => {
    expect(Object.fromEntries(commands.map(({ name, access }) => [name, access]))).toEqual(commandRights);
  });
});

function verdictOf(turn: Turn | undefined, words: string): Verdict | 'silent' {
  if (turn === undefined) return 'silent';
  if (turn.notice?.code === 'not-allowed') return 'turned-away';
  if (turn.notice?.code === 'paused') return 'paused';
  return words === commandWords.refused.zh ? 'refused' : 'done';
}

describe.each(platforms)('$name', (platform) => {
  let stage: MatrixStage;
  beforeAll(async () => {
    stage = await createMatrixStage(platform, { replies: 'noted' });
  });
  afterAll(() => stage.end());

  async function verdicts(where: Where, texts: readonly string[]): Promise<Record<string, string>> {
    const heard = await stage.hear(texts.map((text) => ({ where, text })));
    const found: Record<string, string> = {};
    for (const message of heard) {
      expect(message.forgeable === true).toBe(platform.unproven);
      const turn = await stage.ended(message);
      found[message.text] = verdictOf(turn, turn === undefined ? '' : stage.shown(turn));
    }
    return found;
  }

  const cells = roleNames.flatMap((role) => [false, true].map((paused) => ({ role, paused })));

  it.each(cells)('$role, paused: $paused', async ({ role, paused }) => {
    const found: Record<string, Record<string, string>> = {};
    const wanted: Record<string, Record<string, string>> = {};
    for (const where of stage.places) {
      await become(stage.policy, role, stage.asker, paused);
      found[where] = {
        ...(await verdicts(where, [question])),
        ...(await verdicts(where, said.slice(0, -last.length))),
        ...(await verdicts(where, last)),
      };
      wanted[where] = expectedOf(role, where, paused);
    }
    expect(found).toEqual(wanted);
  });

  it('nobody is answered in a group without a mention of the bot, whoever they are', async ({ skip }) => {
    // Elsewhere such a message does not even arrive.
    if (!stage.harness.traits.hearsUnaddressed) skip();
    for (const role of roleNames) {
      await become(stage.policy, role, stage.asker, false);
      const texts = [question, ...said];
      const heard = await stage.hear(texts.map((text) => ({ where: 'group', text, addressed: false })));
      const turns = await Promise.all(heard.map((message) => stage.ended(message)));
      expect(turns.filter((turn) => turn !== undefined)).toEqual([]);
    }
  });

  function expectedOf(role: Role, where: Where, paused: boolean): Record<string, Verdict> {
    const mode = { paused, unproven: platform.unproven };
    return Object.fromEntries([
      [question, expected(role, where, 'question', mode)],
      ...commands.map(({ name }) => {
        const kind = commandRights[name] === 'administrators' ? 'steering' : 'command';
        return [`/${name}`, expected(role, where, kind, mode)] as const;
      }),
    ]);
  }
});
