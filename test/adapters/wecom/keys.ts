import type { CallbackKeys } from '../../../adapters/wecom/config.ts';
import type { WeComSimulator } from '../../simulators/wecom/simulator.ts';

/** What the simulated company's callbacks are signed and encrypted with. */
export const botKeys = ({ corp }: Pick<WeComSimulator, 'corp'>): CallbackKeys => ({
  token: corp.botToken,
  encodingAesKey: corp.botEncodingAesKey,
  receiveId: '',
});

export const appKeys = ({ corp }: Pick<WeComSimulator, 'corp'>): CallbackKeys => ({
  token: corp.agentToken,
  encodingAesKey: corp.agentEncodingAesKey,
  receiveId: corp.corpId,
});
