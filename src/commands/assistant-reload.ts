import type { AssistantFault } from '../assistants/types.ts';
import { assistantWords as words } from '../reply/notices/assistants.ts';
import type { CommandAnswer, CommandContext } from './command.ts';
import { asCode, privately } from './shown.ts';

/** Told in one message; who has mended these reads the file again. */
const maxFaults = 20;

/** Has the assistants file read again; a faulty one changes nothing and its faults are told. */
export async function reloadAssistants(asked: CommandContext, allowed: boolean): Promise<CommandAnswer> {
  const { language, services, audit } = asked;
  if (!allowed) {
    await audit('reload', false);
    return { markdown: words.refusedToReload[language] };
  }
  const read = await services.assistants.reload();
  if (read.state === 'no-file') return { markdown: `${words.noFile[language]}${words.howToAdd[language]}` };
  if (read.state === 'loaded') {
    const { length } = read.assistants.all;
    await audit(`reload: ${length} assistants`);
    return { markdown: words.loaded(length)[language] };
  }
  await audit(`reload: ${read.faults.length} faults, nothing changed`);
  const told = read.faults.slice(0, maxFaults).map((fault) => `- ${faultLine(fault, language)}`);
  const left = read.faults.length - told.length;
  const more = left > 0 ? [words.moreFaults(left)[language]] : [];
  const markdown = [words.faulty(read.faults.length)[language], '', ...told, ...more].join('\n');
  return privately(asked, markdown, { sent: words.faultsSent, ask: words.faultsAsk });
}

function faultLine({ line, where, expected }: AssistantFault, language: CommandContext['language']): string {
  const place = line === undefined ? words.wholeFile[language] : words.line(line)[language];
  const what = where === '' ? '' : ` ${asCode(where)}`;
  const rest = words.expected(expected)[language];
  return language === 'zh' ? `${place}${what}：${rest}` : `${place}${what}: ${rest}`;
}
