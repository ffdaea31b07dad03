import { describeAdapterContract } from './adapter-contract.ts';
import { dingtalkHarness } from './dingtalk-harness.ts';

describeAdapterContract('DingTalk over Stream, in cards', dingtalkHarness({ mode: 'stream', cards: true }));
describeAdapterContract(
  'DingTalk over Stream, without a template',
  dingtalkHarness({ mode: 'stream', cards: false }),
);
describeAdapterContract(
  'DingTalk by HTTP callback, in cards',
  dingtalkHarness({ mode: 'webhook', cards: true }),
);
