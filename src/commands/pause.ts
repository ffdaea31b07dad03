import { maintenanceOf, maintenanceSetting } from '../core/policy.ts';
import { summaries } from '../reply/notices/commands.ts';
import { paused } from '../reply/notices/limits.ts';
import { maintenanceWords } from '../reply/notices/maintenance.ts';
import type { Command } from './command.ts';

/** It is one sentence beside ours, and everyone who asks reads it. */
const maxNoteLength = 200;

/** `/pause`, or with a note for those who ask meanwhile. Said once more it changes the note. */
export const pause: Command = {
  name: 'pause',
  aliases: ['暂停', '维护', '暂停服务', 'maintenance'],
  slashOnly: true,
  summary: summaries.pause,
  access: 'administrators',
  run: async ({ turn, argument, language, services, audit }) => {
    const note = argument.replace(/\s+/g, ' ').replace(/[。.]+$/u, '');
    if (note.length > maxNoteLength)
      return { markdown: maintenanceWords.noteTooLong(maxNoteLength)[language] };
    const before = maintenanceOf(services.policy.current());
    const since = before?.since ?? turn.acceptedAt;
    await services.policy.setSetting(maintenanceSetting, { since, note });
    await audit(before === undefined ? 'paused' : 'note changed');
    const words =
      before === undefined
        ? maintenanceWords.paused(paused(note))
        : maintenanceWords.stillPaused(turn.acceptedAt - since, paused(note));
    return { markdown: words[language] };
  },
};
