import { describe, expect, it } from 'vitest';
import { failureFromErrorEvent, failureFromRefusal, type SentRequest } from '../../../src/model/errors.ts';
import { errorWordsOf } from '../../../src/model/error-words.ts';
import { toEvidence } from '../../../src/model/evidence.ts';
import { httpFaults } from '../../simulators/qwen/faults.ts';

const sent: SentRequest = {
  maxTokens: 4000,
  promptEstimate: 500,
  optionalKeys: ['chat_template_kwargs', 'top_p'],
  secrets: ['s3cret-key'],
};

function refuse(status: number, body: string): ReturnType<typeof failureFromRefusal> {
  return failureFromRefusal({ status, body, retryAfterMs: undefined }, sent);
}

function vllm(message: string): string {
  return JSON.stringify({ error: { message, type: 'BadRequestError', param: null, code: 400 } });
}

describe('classifying refusals', () => {
  it.each([
    ['unauthorized', 'unauthorized', 'no'],
    ['forbidden', 'forbidden', 'no'],
    ['forbiddenText', 'forbidden', 'no'],
    ['modelMissing', 'model-missing', 'no'],
    ['modelMissingFlat', 'model-missing', 'no'],
    ['wrongPath', 'wrong-path', 'no'],
    ['bodyTooLarge', 'body-too-large', 'no'],
    ['tooMany', 'overloaded', 'later'],
    ['serverError', 'server-error', 'once'],
    ['serverErrorEmpty', 'server-error', 'once'],
    ['bareString', 'server-error', 'once'],
    ['engineDead', 'engine-dead', 'later'],
    ['noVision500', 'no-vision', 'no'],
    ['badGateway', 'gateway', 'later'],
    ['gatewayTimeout', 'gateway', 'later'],
    ['loading', 'loading', 'later'],
    ['queueFull', 'overloaded', 'later'],
    ['unavailable', 'gateway', 'later'],
  ] as const)('names what %s means', (name, code, retry) => {
    const { status, body } = httpFaults[name];
    expect(refuse(status, body)).toMatchObject({ fault: { code, status }, retry });
  });

  it.each([
    [
      "This model's maximum context length is 8192 tokens. However, you requested 9064 tokens (9000 in the messages, 64 in the completion). Please reduce the length of the messages or completion. None",
    ],
    [
      "This model's maximum context length is 8192 tokens. However, your request has 9000 input tokens. Please reduce the length of the input messages.",
    ],
    [
      "You passed 9000 input tokens and requested 64 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 8128 tokens. Please reduce the length of the input prompt.",
    ],
    ["Input length (9000) exceeds model's maximum context length (8192)."],
    ["The input (61709 tokens) is longer than the model's context length (40960 tokens)."],
    ['request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it'],
    ['input (9000 tokens) is larger than the max context size (8192 tokens). skipping'],
    [
      'the request exceeds the available context size. try increasing the context size or enable context shift',
    ],
    ['Input length (9000) must be smaller than the model context length (8192).'],
    ['the prompt is longer than the context length currently available to the model; shorten it'],
  ])('sees a prompt beyond the context: %s', (message) => {
    const failure = refuse(400, vllm(message));
    expect(failure.fault.code).toBe('context-overflow');
    expect(failure.remedy).toBeUndefined();
  });

  it.each([
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length is 8192 tokens and your request has 5000 input tokens (4000 > 8192 - 5000).",
      3176,
    ],
    [
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (5000 in the messages, 4000 in the completion).",
      3176,
    ],
    [
      "You passed 5000 input tokens and requested 4000 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 4192 tokens.",
      3176,
    ],
    [
      "This model's maximum context length is 8192 tokens. However, you requested 4000 output tokens and your prompt contains at least 4193 input tokens, for a total of at least 8193 tokens.",
      2000,
    ],
    ['max_tokens=4000cannot be greater than max_model_len=2048. Please request fewer output tokens.', 1532],
  ])('asks for a shorter answer when only that is too long: %s', (message, maxTokens) => {
    expect(refuse(400, vllm(message)).remedy).toEqual({ type: 'fewer-tokens', maxTokens });
  });

  it('tells image refusals apart', () => {
    expect(refuse(400, vllm('Qwen3-8B is not a multimodal model')).fault.code).toBe('no-vision');
    expect(refuse(400, vllm('At most 0 image(s) may be provided in one prompt.')).fault.code).toBe(
      'no-vision',
    );
    expect(refuse(400, vllm('At most 4 image(s) may be provided in one prompt. Set …'))).toMatchObject({
      fault: { code: 'too-many-images' },
      remedy: { keep: 4 },
    });
    expect(refuse(400, 'Image count 9 exceeds limit 8 per request.')).toMatchObject({
      fault: { code: 'too-many-images' },
      remedy: { keep: 8 },
    });
    expect(refuse(500, vllm('Failed to process image: cannot decode image'))).toMatchObject({
      fault: { code: 'bad-image' },
      retry: 'no',
    });
  });

  it('names the key a strict server does not know', () => {
    expect(refuse(400, vllm('Unrecognized request argument supplied: chat_template_kwargs')).remedy).toEqual({
      type: 'without-key',
      key: 'chat_template_kwargs',
    });
    expect(refuse(400, vllm('something else')).remedy).toBeUndefined();
  });

  it('never retries a 500 that will come again', () => {
    expect(refuse(500, vllm('tools param requires --jinja flag')).retry).toBe('no');
  });

  it('reads errors inside a stream by the code they carry', () => {
    const words = errorWordsOf({
      error: { message: 'The request queue is full.', type: 'SERVICE_UNAVAILABLE', code: 503 },
    });
    expect(failureFromErrorEvent(words!, sent)).toMatchObject({
      fault: { code: 'overloaded' },
      retry: 'later',
    });
    expect(failureFromErrorEvent(errorWordsOf({ error: 'boom' })!, sent).fault.code).toBe('server-error');
  });
});

describe('evidence', () => {
  it('holds no tags, no keys, no echo of the request, and at most 200 characters', () => {
    expect(toEvidence('<html><head><title>502</title></head><h1>502 Bad Gateway</h1></html>')).toBe(
      '502 Bad Gateway',
    );
    expect(toEvidence('key s3cret-key or Bearer abcdefg', ['s3cret-key'])).toBe('key *** or Bearer ***');
    expect(toEvidence("'loc': ('body',), 'msg': 'bad', 'input': 'what the person wrote'")).not.toContain(
      'person',
    );
    expect(toEvidence('x'.repeat(5000))).toHaveLength(200);
  });
});
