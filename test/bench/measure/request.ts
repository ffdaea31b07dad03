import { feishuStage } from '../../e2e/feishu-stage.ts';
import type { Measurement } from '../measurement.ts';
import { startOnStages, until } from './start-on-stages.ts';

const question = '你好';

/** What a short question costs on the wire beside itself: system prompt, settings and JSON. */
export const measureRequest: Measurement = {
  name: 'request',
  what: 'how much is sent to the model server for a short question',
  async run() {
    const { stages, qwen, stop } = await startOnStages([feishuStage('ws')]);
    try {
      stages[0]?.say({ where: 'direct', text: question });
      await until(() => qwen.chats.length > 0, 'a request');
      const [request] = qwen.chats;
      // As it came, for neither side writes spaces into its JSON.
      const bytes = Number(request?.headers['content-length'] ?? Number.NaN);
      return {
        figures: [
          {
            name: 'request body for a short question, without the question, with the system prompt',
            value: bytes - Buffer.byteLength(question),
            unit: 'bytes',
            target: 2_048,
          },
        ],
      };
    } finally {
      await stop();
    }
  },
};
