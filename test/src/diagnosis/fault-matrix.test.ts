import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/core/judge.ts';
import type { ModelImage } from '../../../src/model/types.ts';
import { endings, faults } from '../../../src/reply/notices/endings.ts';
import { errorEvents, httpFaults, streamFaults } from '../../simulators/qwen/faults.ts';
import type { Fault, ProfileName, QwenSimulatorOptions } from '../../simulators/qwen/types.ts';
import { testPicture } from '../../../src/diagnosis/test-picture.ts';
import { askOnce, createHurriedClock, startModel } from '../model/support.ts';
import { examine, startQwen, trouble, type Settings } from './support.ts';

/** What `/doctor` names first, as `check state cause`, and the sentence the person gets, by its code. */
type Row = { readonly doctor: string; readonly person: string };
type Rows = Readonly<Record<string, Row>>;

const inChat = (cause: string, person: string): Row => ({ doctor: `chat failed ${cause}`, person });
const inStream = (cause: string, person: string): Row => ({ doctor: `streaming failed ${cause}`, person });
const unnoticed: Row = { doctor: 'nothing', person: 'nothing' };

/** A row for every fault the simulator knows, by the name it has there. */
const httpRows: Rows = {
  unauthorized: inChat('missing-key', 'unauthorized'),
  forbidden: inChat('gateway-refusal', 'forbidden'),
  forbiddenText: inChat('gateway-refusal', 'forbidden'),
  modelMissing: inChat('model-missing', 'model-missing'),
  modelMissingFlat: inChat('model-missing', 'model-missing'),
  wrongPath: inChat('wrong-path', 'wrong-path'),
  bodyTooLarge: inChat('body-too-large', 'body-too-large'),
  tooMany: inChat('overloaded', 'overloaded'),
  serverError: inChat('server-error', 'server-error'),
  serverErrorEmpty: inChat('server-error', 'server-error'),
  engineDead: inChat('engine-dead', 'engine-dead'),
  noVision500: inChat('no-vision', 'no-vision'),
  badGateway: inChat('gateway-502', 'gateway'),
  loading: inChat('loading', 'loading'),
  queueFull: inChat('overloaded', 'overloaded'),
  unavailable: inChat('gateway-502', 'gateway'),
  gatewayTimeout: inChat('gateway-504', 'gateway'),
  bareString: inChat('upstream-unreachable', 'server-error'),
};

const streamRows: Rows = {
  'reset-before-headers': inChat('dropped', 'unreachable'),
  'stall-before-headers': inChat('slow', 'first-token-timeout'),
  'stall-before-first-token': inStream('slow', 'first-token-timeout'),
  'html-stream': inChat('not-openai', 'not-openai'),
  'only-done': inStream('cut-off', 'cut-off'),
  'error-event': inStream('server-error', 'server-error'),
  'end-early': inStream('cut-off', 'cut-off'),
  reset: inStream('cut-off', 'cut-off'),
  stall: inStream('stalled', 'idle-timeout'),
  noise: unnoticed,
  'huge-line': inStream('not-openai', 'not-openai'),
  endless: inStream('endless', 'runaway'),
  'engine-death': inStream('engine-dead', 'engine-dead'),
};

const errorEventRows: Rows = {
  object: inStream('server-error', 'server-error'),
  string: inStream('server-error', 'server-error'),
  'error-line': inStream('server-error', 'server-error'),
  'empty-chunk': inStream('cut-off', 'cut-off'),
  first: inStream('server-error', 'server-error'),
  'queue-full': inStream('overloaded', 'overloaded'),
};

/** llama.cpp sends its status line with the first token, ends without `[DONE]` after an error, and words it otherwise. */
const engines: readonly ProfileName[] = ['vllm', 'llamacpp'];

function expected(rows: Rows, name: string): Row {
  const row = rows[name];
  if (row === undefined) throw new Error(`the simulator’s fault ${name} has no row here`);
  return row;
}

/** What is only noticed by waiting is waited for on a clock that runs faster. */
function impatience(fault: Fault | undefined): { readonly doctor: Settings; readonly person: object } {
  if (fault?.type.startsWith('stall') !== true) return { doctor: {}, person: {} };
  return {
    doctor: { clock: createHurriedClock(20), model: { firstTokenTimeoutMs: 20_000 } },
    person: { firstTokenTimeoutMs: 6_000, idleTimeoutMs: 5_000 },
  };
}

async function namedByDoctor(fault: Fault, profile: ProfileName): Promise<string> {
  const qwen = await startQwen({ profile });
  qwen.setFault(fault);
  return trouble(await examine(qwen.baseUrl, impatience(fault).doctor))[0] ?? 'nothing';
}

type Question = { readonly text?: string; readonly images?: readonly ModelImage[] };

/** The code of the sentence under the answer; both languages have it. */
async function toldToPerson(baseUrl: string, question: Question, options: object): Promise<string> {
  const { text = '你好', images = [] } = question;
  const asked = startModel([baseUrl], options);
  const messages = [{ role: 'user', text, images }] as const;
  const { end, text: shown, reasoning } = await askOnce(asked, text, { messages });
  const { notice } = judge(end, { text: shown !== '', thought: reasoning !== '' }, undefined);
  if (notice === undefined) return 'nothing';
  const code = notice.type === 'fault' ? notice.fault.code : notice.type;
  const { zh, en } = notice.type === 'fault' ? faults[notice.fault.code] : endings[notice.type];
  expect([zh, en].every((sentence) => sentence.length > 5)).toBe(true);
  return code;
}

async function toldOf(fault: Fault, profile: ProfileName): Promise<string> {
  const qwen = await startQwen({ profile });
  qwen.setAnswer(() => ({ text: 'one two three four five six seven' }));
  qwen.setFault(fault);
  return toldToPerson(qwen.baseUrl, {}, impatience(fault).person);
}

describe.each([
  { kind: 'answers in place of a stream', all: httpFaults, rows: httpRows },
  { kind: 'what happens to a stream', all: streamFaults, rows: streamRows },
  { kind: 'forms of an error within a stream', all: errorEvents, rows: errorEventRows },
] satisfies readonly { kind: string; all: Readonly<Record<string, Fault>>; rows: Rows }[])(
  '$kind: the doctor names the cause, the person gets the sentence',
  ({ all, rows }) => {
    const cases = Object.entries<Fault>(all).flatMap(([name, fault]) =>
      engines.map((engine) => ({ name, fault, engine })),
    );

    it.each(cases)('$name, $engine', async ({ name, fault, engine }) => {
      const seen = { doctor: await namedByDoctor(fault, engine), person: await toldOf(fault, engine) };
      expect(seen).toEqual(expected(rows, name));
    });

    it('no row is left over from a fault that is gone', () => {
      expect(Object.keys(rows).sort()).toEqual(Object.keys(all).sort());
    });
  },
);

describe('finish reasons by which an engine gives up', () => {
  it.each([
    { reason: 'content_filter', row: inStream('content-filter', 'content-filter') },
    { reason: 'abort', row: inStream('cut-off', 'cut-off') },
    { reason: 'error', row: inStream('server-error', 'server-error') },
    { reason: 'parse_error', row: inStream('server-error', 'server-error') },
    { reason: 'stop', row: unnoticed },
    { reason: 'eos', row: unnoticed },
  ])('$reason', async ({ reason, row }) => {
    const qwen = await startQwen();
    qwen.setAnswer(() => ({ text: 'one two three', finishReason: reason }));
    const doctor = trouble(await examine(qwen.baseUrl))[0] ?? 'nothing';
    expect({ doctor, person: await toldToPerson(qwen.baseUrl, {}, {}) }).toEqual(row);
  });
});

const picture: ModelImage = { mime: 'image/png', bytes: testPicture(), width: 640, height: 640 };
const broken: ModelImage = { ...picture, bytes: Buffer.from('no picture at all') };

type Condition = {
  readonly name: string;
  readonly options: QwenSimulatorOptions;
  readonly down?: 'refuse' | 'loading';
  readonly model?: string;
  readonly question?: Question;
  readonly row: Row;
};

const conditions: readonly Condition[] = [
  {
    name: 'the port refuses',
    options: {},
    down: 'refuse',
    row: { doctor: 'tcp failed refused-here', person: 'unreachable' },
  },
  {
    name: 'the model is loading',
    options: {},
    down: 'loading',
    row: { doctor: 'http failed loading', person: 'loading' },
  },
  {
    name: 'a key is wanted',
    options: { apiKey: 'sk-the-right-key' },
    row: { doctor: 'key failed missing-key', person: 'unauthorized' },
  },
  {
    name: 'no model is loaded',
    options: { models: [] },
    row: { doctor: 'models failed no-models', person: 'no-models' },
  },
  {
    name: 'another model is served',
    options: { models: ['Qwen3-8B'] },
    model: 'qwen3',
    row: { doctor: 'models failed model-missing', person: 'model-missing' },
  },
  {
    name: 'a picture for a model without eyes',
    options: { vision: false },
    question: { images: [picture] },
    row: { doctor: 'image failed no-vision', person: 'no-vision' },
  },
  {
    name: 'a picture through a proxy that lets a megabyte pass',
    options: { profile: 'nginx-front' },
    question: { images: [picture] },
    row: { doctor: 'image failed body-too-large', person: 'body-too-large' },
  },
  {
    name: 'more text than fits',
    options: { maxModelLen: 2_048 },
    question: { text: '很长的问题'.repeat(4_000) },
    row: { doctor: 'context failed context-too-small', person: 'context-overflow' },
  },
];

describe('how the server is set up: the doctor names the cause, the person gets the sentence', () => {
  it.each(conditions)('$name', async ({ options, down, model = 'auto', question = {}, row }) => {
    const qwen = await startQwen(options);
    if (down !== undefined) await qwen.goDown(down);
    const doctor = trouble(await examine(qwen.baseUrl, { server: { model } }))[0] ?? 'nothing';
    const servers = [{ baseUrl: qwen.baseUrl, model }];
    expect({ doctor, person: await toldToPerson(qwen.baseUrl, question, { servers }) }).toEqual(row);
  });

  it('a picture that cannot be read, and a server that cannot read any', async () => {
    const qwen = await startQwen();
    expect(await toldToPerson(qwen.baseUrl, { images: [broken] }, {})).toBe('bad-image');
    const message = 'cannot identify image file <_io.BytesIO object at 0x7f2b1c0a5e90>';
    const body = JSON.stringify({ error: { message, type: 'BadRequestError', code: 400 } });
    qwen.failNext(undefined, undefined, { type: 'http', status: 400, body });
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['image failed bad-image']);
  });
});
