import type { Failure } from '../../contract/harness.ts';
import type { HttpFault } from '../../simulators/feishu/http-faults.ts';
import type { FrameFault } from '../../simulators/wecom/long-connection/frame-fault.ts';

/** The suite's failures as frames, API calls and downloads of WeCom meet them. */
export const frameFaults: Readonly<Record<Failure, FrameFault>> = {
  unavailable: { kind: 'code', code: -1, message: 'system busy' },
  'answer-lost': { kind: 'no-ack' },
  'rate-limited': { kind: 'code', code: 45009, message: 'api freq out of limit' },
  'target-gone': { kind: 'code', code: 93006, message: 'invalid chatid' },
  'no-answer': { kind: 'lost' },
};

export const httpFaults: Readonly<Record<Failure, HttpFault>> = {
  unavailable: { kind: 'answer', status: 503, body: '<html>busy</html>' },
  'answer-lost': { kind: 'drop-after' },
  'rate-limited': { kind: 'code', code: 45009, message: 'api freq out of limit' },
  'target-gone': { kind: 'code', code: 81013, message: 'user & party & tag all invalid' },
  'no-answer': { kind: 'delay', milliseconds: 24 * 3_600_000 },
};

export const mediaFaults: Readonly<Record<Failure, HttpFault>> = {
  ...httpFaults,
  'rate-limited': { kind: 'answer', status: 429, body: '' },
  'target-gone': { kind: 'answer', status: 404, body: '' },
};
