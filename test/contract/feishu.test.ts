import { describeAdapterContract } from './adapter-contract.ts';
import { feishuHarness } from './feishu-harness.ts';

describeAdapterContract('Feishu over the long connection', feishuHarness('ws'));
describeAdapterContract('Feishu by webhook', feishuHarness('webhook'));
