import type { AdapterFactory } from '../src/contract/adapter.ts';
import { feishuFactory } from './feishu/index.ts';

/** Every integration there is. A new platform is one line here. */
export const adapterFactories: readonly AdapterFactory[] = [feishuFactory];
