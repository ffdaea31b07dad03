/** Someone to speak as. Exactly one of them is the service's administrator. */
export type DemoPerson = {
  readonly name: string;
  readonly role: { readonly zh: string; readonly en: string };
  readonly admin?: boolean;
};

/** The colleagues of every pane: each platform knows them under ids of its own. */
export const colleagues: readonly DemoPerson[] = [
  { name: '林晓', role: { zh: '信息部', en: 'IT' }, admin: true },
  { name: '陈默', role: { zh: '研发', en: 'Engineering' } },
  { name: '王思远', role: { zh: '财务', en: 'Finance' } },
  { name: 'Sofia', role: { zh: '市场', en: 'Marketing' } },
];

/** The bot's name on every platform. */
export const botName = '小桥';
export const groupName = '季度复盘小组';

/** What the group reads before the first question. */
export const openingWords = `大家好，这周把第三季度的数字对一遍，有不清楚的可以直接 @${botName}。`;

/** A platform's people together with what the demo knows about each. */
export function cast<Person>(
  people: readonly DemoPerson[],
  add: (name: string) => Person,
): readonly { readonly person: Person; readonly known: DemoPerson }[] {
  return people.map((known) => ({ person: add(known.name), known }));
}
