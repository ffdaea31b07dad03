import { maintenanceOf, maintenanceSetting } from '../core/policy.ts';
import { summaries } from '../reply/notices/commands.ts';
import { maintenanceWords } from '../reply/notices/maintenance.ts';
import type { Command } from './command.ts';

export const resume: Command = {
  name: 'resume',
  aliases: ['恢复', '恢复服务'],
  slashOnly: true,
  summary: summaries.resume,
  access: 'administrators',
  run: async ({ turn, language, services, audit }) => {
    const maintenance = maintenanceOf(services.policy.current());
    if (maintenance === undefined) return { markdown: maintenanceWords.notPaused[language] };
    await services.policy.setSetting(maintenanceSetting, undefined);
    const away = await services.store.turnedAway(maintenance.since);
    await audit(`resumed, ${away.questions} turned away`);
    return { markdown: maintenanceWords.resumed(turn.acceptedAt - maintenance.since, away)[language] };
  },
};
