import { isFields, readList, readText } from '../shared/json.ts';

/** A chunked event has a handful of pieces; the SDK would make a list of any size it is told. */
const MAX_CHUNKS = 1_000;

type FrameHooks = {
  /** A frame of any kind came in: the connection lives. */
  readonly onInbound: () => void;
  readonly onDropped: (reason: string) => void;
};

/**
 * Stands between a `WSClient`'s socket and its two frame handlers. SDK 1.74.0 drops frames of type `card` without
 * acknowledging them (presses of buttons then fail with 200340), and lets each pong overwrite the settings it got with
 * the address; neither can be configured. False when the SDK has no such handlers any more: then nothing was changed.
 */
export function superviseFrames(client: object, { onInbound, onDropped }: FrameHooks): boolean {
  const control: unknown = Reflect.get(client, 'handleControlData');
  const event: unknown = Reflect.get(client, 'handleEventData');
  if (typeof control !== 'function' || typeof event !== 'function') return false;

  Reflect.set(client, 'handleControlData', (frame: unknown): unknown => {
    onInbound();
    const handled: unknown = Reflect.apply(control, client, [withoutSettings(frame)]);
    return handled;
  });
  Reflect.set(client, 'handleEventData', (frame: unknown): unknown => {
    onInbound();
    if (chunks(frame) > MAX_CHUNKS) {
      onDropped('an event in too many pieces');
      return undefined;
    }
    const handled: unknown = Reflect.apply(event, client, [asEvent(frame)]);
    return handled;
  });
  return true;
}

/** A pong counts as a sign of life only; its interval of 120 s would make a dead line last too long. */
function withoutSettings(frame: unknown): unknown {
  return isFields(frame) ? { ...frame, payload: undefined } : frame;
}

function asEvent(frame: unknown): unknown {
  if (!isFields(frame)) return frame;
  const headers = readList(frame, 'headers').map((header) =>
    readText(header, 'key') === 'type' && readText(header, 'value') === 'card'
      ? { key: 'type', value: 'event' }
      : header,
  );
  return { ...frame, headers };
}

function chunks(frame: unknown): number {
  const sum = readList(frame, 'headers').find((header) => readText(header, 'key') === 'sum');
  return Number(readText(sum, 'value') ?? '1');
}
