import { expect, it } from 'vitest';
import { superviseFrames } from '../../../adapters/feishu/sdk-frames.ts';

const header = (key: string, value: string): object => ({ key, value });

function client() {
  const seen: unknown[] = [];
  const handler = (frame: unknown): void => void seen.push(frame);
  const inbound: number[] = [];
  const dropped: string[] = [];
  const sdkClient = { handleControlData: handler, handleEventData: handler };
  const hooks = { onInbound: () => inbound.push(1), onDropped: (reason: string) => dropped.push(reason) };
  return { sdkClient, hooks, seen, inbound, dropped };
}

it('a pong is a sign of life and no more: its settings do not replace the ones we chose', () => {
  const { sdkClient, hooks, seen, inbound } = client();
  expect(superviseFrames(sdkClient, hooks)).toBe(true);
  const pong = { method: 0, headers: [header('type', 'pong')], payload: Buffer.from('{"PingInterval":120}') };
  sdkClient.handleControlData(pong);
  expect([seen, inbound.length]).toEqual([[{ ...pong, payload: undefined }], 1]);
});

it('an event keeps all its headers and only a card becomes an event', () => {
  const { sdkClient, hooks, seen } = client();
  superviseFrames(sdkClient, hooks);
  const headers = [header('message_id', 'card'), header('sum', '1')];
  sdkClient.handleEventData({ SeqID: 7, headers: [header('type', 'card'), ...headers] });
  sdkClient.handleEventData({ SeqID: 8, headers: [header('type', 'event'), ...headers] });
  expect(seen).toEqual([7, 8].map((SeqID) => ({ SeqID, headers: [header('type', 'event'), ...headers] })));
});

it('an event that claims millions of pieces is dropped before the SDK makes room for them', () => {
  const { sdkClient, hooks, seen, dropped } = client();
  superviseFrames(sdkClient, hooks);
  sdkClient.handleEventData({ headers: [header('type', 'event'), header('sum', '4000000000')] });
  expect([seen, dropped.length]).toEqual([[], 1]);
});

it('says so when the SDK has no such handlers, and changes nothing', () => {
  const other = { start: () => undefined };
  expect(superviseFrames(other, client().hooks)).toBe(false);
  expect(Object.keys(other)).toEqual(['start']);
});
