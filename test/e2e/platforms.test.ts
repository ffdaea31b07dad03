import { feishuStage, feishuTraits } from './feishu-stage.ts';
import { describePlatform } from './platform-suite.ts';

describePlatform('Feishu, long connection', feishuStage('ws'), feishuTraits);
describePlatform('Feishu, webhook', feishuStage('webhook'), feishuTraits);
