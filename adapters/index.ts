import type { AdapterFactory } from '../src/contract/adapter.ts';
import { dingtalkFactory } from './dingtalk/index.ts';
import { feishuFactory } from './feishu/index.ts';
import { wecomFactories } from './wecom/index.ts';

/** Every integration there is. A new platform is one line here. */
export const adapterFactories: readonly AdapterFactory[] = [
  feishuFactory,
  dingtalkFactory,
  ...wecomFactories,
];
