/**
 * The frame of the long connection: protobuf package `pbbp2`, written by hand so that the simulator shares no code with
 * the SDK it is checked against. Fields 1–4 are required and always written.
 */
export type Frame = {
  readonly seqId: bigint;
  readonly logId: bigint;
  readonly service: number;
  /** 0 control (ping, pong), 1 data. */
  readonly method: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
};

const varintType = 0;
const bytesType = 2;
const noPayload = new Uint8Array();

export function encodeFrame(frame: Frame): Buffer {
  const parts: Uint8Array[] = [
    varintField(1, frame.seqId),
    varintField(2, frame.logId),
    varintField(3, BigInt(frame.service)),
    varintField(4, BigInt(frame.method)),
  ];
  for (const [key, value] of frame.headers) {
    parts.push(
      bytesField(5, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(value))])),
    );
  }
  if (frame.payload.length > 0) parts.push(bytesField(8, frame.payload));
  return Buffer.concat(parts);
}

/** Throws for anything that is not such a frame. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const numbers = new Map<number, bigint>();
  const headers = new Map<string, string>();
  let payload: Uint8Array = noPayload;
  for (const { field, value } of fields(bytes)) {
    if (typeof value === 'bigint') numbers.set(field, value);
    else if (field === 5) headers.set(...decodeHeader(value));
    else if (field === 8) payload = value;
  }
  for (const field of [1, 2, 3, 4]) if (!numbers.has(field)) throw new Error(`frame without field ${field}`);
  return {
    seqId: numbers.get(1) ?? 0n,
    logId: numbers.get(2) ?? 0n,
    service: Number(BigInt.asIntN(32, numbers.get(3) ?? 0n)),
    method: Number(BigInt.asIntN(32, numbers.get(4) ?? 0n)),
    headers,
    payload,
  };
}

function decodeHeader(bytes: Uint8Array): [string, string] {
  const texts = ['', '', ''];
  for (const { field, value } of fields(bytes)) {
    if (typeof value !== 'bigint') texts[field] = Buffer.from(value).toString('utf8');
  }
  return [texts[1] ?? '', texts[2] ?? ''];
}

function* fields(bytes: Uint8Array): Generator<{ field: number; value: bigint | Uint8Array }> {
  let position = 0;
  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position];
      if (byte === undefined) throw new Error('frame ends inside a number');
      position += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('number longer than 64 bits');
  }
  while (position < bytes.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    if ((tag & 7) === varintType) yield { field, value: varint() };
    else if ((tag & 7) === bytesType) {
      const end = Number(varint()) + position;
      if (end > bytes.length) throw new Error('frame ends inside a field');
      yield { field, value: bytes.subarray(position, end) };
      position = end;
    } else throw new Error(`wire type ${tag & 7}`);
  }
}

function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function varintField(field: number, value: bigint): Uint8Array {
  return Buffer.concat([varintBytes(BigInt(field << 3)), varintBytes(value)]);
}

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([
    varintBytes(BigInt((field << 3) | bytesType)),
    varintBytes(BigInt(value.length)),
    value,
  ]);
}
