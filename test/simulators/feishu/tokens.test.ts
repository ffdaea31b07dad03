import { afterEach, describe, expect, it } from 'vitest';
import type { FeishuSimulatorOptions } from './options.ts';
import { setStage, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage(options?: FeishuSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

describe('tokens and permissions', () => {
  it('refuses a missing, malformed, expired and revoked token with its own code', async () => {
    const { sim, clock } = await stage();
    const get = async (authorization?: string) => {
      const response = await fetch(
        `${sim.url}/open-apis/bot/v3/info`,
        authorization === undefined ? {} : { headers: { authorization } },
      );
      return ((await response.json()) as { code: number }).code;
    };
    const issue = async (): Promise<string> => {
      const body = JSON.stringify({ app_id: sim.app.appId, app_secret: sim.app.appSecret });
      const response = await fetch(`${sim.url}/open-apis/auth/v3/tenant_access_token/internal`, {
        method: 'POST',
        body,
      });
      return ((await response.json()) as { tenant_access_token: string }).tenant_access_token;
    };
    expect(await get()).toBe(99991661);
    expect(await get('Bearer x-1')).toBe(99991671);
    const token = await issue();
    expect(await get(`Bearer ${token}`)).toBe(0);
    expect(await issue()).toBe(token);
    await clock.advance(5_401_000);
    const renewed = await issue();
    expect(renewed).not.toBe(token);
    expect(await get(`Bearer ${token}`)).toBe(0);
    await clock.advance(1_799_000);
    expect(await get(`Bearer ${token}`)).toBe(99991663);
    sim.revokeTokens();
    expect(await get(`Bearer ${renewed}`)).toBe(99991663);
  });

  it('names a missing permission', async () => {
    const { call } = await stage({ scopes: ['im:message'] });
    const refused = await call('POST', '/open-apis/cardkit/v1/cards', { type: 'card_json', data: '{}' });
    expect(refused.code).toBe(99991672);
    expect(refused.msg).toContain('cardkit:card:write');
  });
});
