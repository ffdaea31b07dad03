import type { PersonRef } from '../store/policy.ts';
import type { AuditEntry } from '../store/audit.ts';
import { summaries } from '../reply/notices/commands.ts';
import { audit as words } from '../reply/notices/people.ts';
import type { Command } from './command.ts';
import { readEntries } from './read-entries.ts';
import { asCode, privately } from './shown.ts';

const defaultCount = 20;
const maxCount = 50;

/** `/audit [count] [entry]`: what needed a right and what was refused, the newest first. */
export const audit: Command = {
  name: 'audit',
  aliases: ['审计', '操作记录'],
  summary: summaries.audit,
  access: 'administrators',
  run: async (context) => {
    const { argument, language, services } = context;
    const asked = readQuery(argument, services.platforms);
    if (asked === undefined) return { markdown: words.usage[language] };
    const entries = await services.store.audit.newest(asked.count, asked.person);
    const lines = entries.map((entry) => auditLine(entry, services.timeZone));
    const markdown =
      lines.length === 0 ? words.nothing[language] : [words.title[language], '', ...lines].join('\n');
    return privately(context, markdown, { sent: words.seeDirectChat, ask: words.useDirectChat });
  },
};

type Query = { readonly count: number; readonly person?: PersonRef };

function readQuery(argument: string, platforms: ReadonlySet<string>): Query | undefined {
  const words = argument.split(/\s+/).filter(Boolean);
  const numbers = words.filter((word) => /^\d{1,6}$/.test(word));
  const rest = words.filter((word) => !numbers.includes(word));
  if (numbers.length > 1 || rest.length > 1) return undefined;
  const count = Math.min(Math.max(Number(numbers[0] ?? defaultCount), 1), maxCount);
  if (rest[0] === undefined) return { count };
  const [person] = readEntries(rest[0], platforms) ?? [];
  return person?.kind === 'person' ? { count, person } : undefined;
}

/** `- 11-20 14:03:22 ✓ allow · feishu:ou_1 · #k7p2 feishu:ou_2=listed` */
function auditLine({ at, platform, person, act, allowed, detail }: AuditEntry, timeZone: string): string {
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    .format(at)
    .slice('2026-'.length);
  const what = detail === '' ? [] : [asCode(detail)];
  return `- ${[`${time} ${allowed ? '✓' : '✗'} ${act}`, asCode(`${platform}:${person}`), ...what].join(' · ')}`;
}
