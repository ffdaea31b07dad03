import { isAlias, isMap, LineCounter, parseDocument, type Document } from 'yaml';
import { parseEntry } from '../config/access.ts';
import type { Sampling } from '../model/types.ts';
import { phrase } from '../reply/notices/phrase.ts';
import { readSection, type Section } from './node-reader.ts';
import {
  noAssistants,
  plainName,
  type Assistant,
  type AssistantFault,
  type Assistants,
  type BoundChat,
} from './types.ts';

export type Decoded =
  | { readonly ok: true; readonly assistants: Assistants }
  | { readonly ok: false; readonly faults: readonly AssistantFault[] };

const topKeys = ['answerLabel', 'default', 'assistants'] as const;
const profileKeys = [
  'name',
  'title',
  'prompt',
  'model',
  'sampling',
  'thinking',
  'maxCharacters',
  'maxTokens',
  'closing',
  'tools',
  'chats',
  'access',
] as const;
/** The ranges the engines themselves check (vLLM's sampling parameters, SGLang's alike). */
const samplingRanges = {
  temperature: { min: 0, max: 2 },
  top_p: { min: 0.001, max: 1 },
  top_k: { min: -1, max: 1_000_000, whole: true },
  min_p: { min: 0, max: 1 },
  presence_penalty: { min: -2, max: 2 },
} as const;
/** Words that mean something else behind `/assistant`. */
const reservedNames: ReadonlySet<string> = new Set(
  ['default', '默认', 'bind', '绑定', 'unbind', '解绑', 'reload', '重新加载', 'list'].map(plainName),
);
const nameRule = {
  maxLength: 40,
  pattern: /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*$/u,
  expected: 'a name of at most 40 letters, digits, - and _',
};
const switches: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ['on', true],
  ['off', false],
  [true, true],
  [false, false],
]);
const accesses: ReadonlyMap<unknown, Assistant['access']> = new Map([
  ['all', 'all'],
  ['administrators', 'administrators'],
] as const);
const maxAssistants = 200;

/** Reads the file's text, YAML or JSON (which is YAML). Every fault is found in one go. `platforms` are the known ones. */
export function decodeAssistants(text: string, platforms: ReadonlySet<string>): Decoded {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults: AssistantFault[] = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    line: lines.linePos(pos[0]).line,
    where: '',
    expected: `valid YAML or JSON (${code.toLowerCase().replaceAll('_', ' ')})`,
  }));
  if (faults.length > 0) return { ok: false, faults };
  if (document.contents === null) return { ok: true, assistants: noAssistants };
  if (!isMap(document.contents)) {
    const expected = `a mapping with ${topKeys.join(', ')}`;
    return { ok: false, faults: [{ line: 1, where: '', expected }] };
  }
  const place = { lines, faults, resolve: resolver(document) };
  const assistants = readFile(readSection(place, document.contents, '', topKeys), platforms);
  return faults.length > 0 ? { ok: false, faults } : { ok: true, assistants };
}

function resolver(document: Document): (node: unknown) => unknown {
  return (node) => (isAlias(node) ? node.resolve(document) : node);
}

function readFile(top: Section, platforms: ReadonlySet<string>): Assistants {
  const profiles = top.sections('assistants', profileKeys);
  if (profiles.length > maxAssistants) top.fault(`at most ${maxAssistants} assistants`, 'assistants');
  const taken = { names: new Set<string>(), chats: new Set<string>() };
  const all = profiles.flatMap((profile) => readProfile(profile, platforms, taken) ?? []);
  const wanted = top.text('default', nameRule);
  const usual =
    wanted === undefined ? undefined : all.find(({ name }) => plainName(name) === plainName(wanted));
  if (wanted !== undefined && usual === undefined) top.fault('the name of one of the assistants', 'default');
  return { all, usual, answerLabel: top.phrase('answerLabel', { maxLength: 80 }) };
}

type Taken = { readonly names: Set<string>; readonly chats: Set<string> };

function readProfile(profile: Section, platforms: ReadonlySet<string>, taken: Taken): Assistant | undefined {
  const rest = {
    title: profile.phrase('title', { maxLength: 40 }),
    prompt: profile.phrase('prompt', { maxLength: 32_000 }),
    model: profile.text('model', { maxLength: 200, pattern: /^\S+$/, expected: 'the id of a model' }),
    sampling: readSampling(profile),
    thinking: profile.choice('thinking', switches),
    maxCharacters: profile.number('maxCharacters', { min: 1, max: 1_000_000, whole: true }),
    maxTokens: profile.number('maxTokens', { min: 1, max: 1_000_000, whole: true }),
    closing: profile.phrase('closing', { maxLength: 300 }),
    chats: readChats(profile, platforms, taken),
    access: profile.choice('access', accesses) ?? 'all',
  };
  for (const tool of profile.texts('tools'))
    tool.fault('nothing: no tools are known yet, leave the list empty');
  const name = profile.text('name', nameRule);
  if (name === undefined) {
    profile.fault('a name');
    return undefined;
  }
  if (reservedNames.has(plainName(name)))
    profile.fault('a name that is no word of the command itself', 'name');
  if (taken.names.has(plainName(name))) profile.fault('a name no other assistant has', 'name');
  taken.names.add(plainName(name));
  return { ...rest, name, title: rest.title ?? phrase(name, name) };
}

function readSampling(profile: Section): Sampling {
  const keys = Object.keys(samplingRanges) as (keyof typeof samplingRanges)[];
  const section = profile.section('sampling', keys);
  const read = keys.flatMap((key) => {
    const value = section?.number(key, samplingRanges[key]);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(read);
}

function readChats(profile: Section, platforms: ReadonlySet<string>, taken: Taken): readonly BoundChat[] {
  return profile.texts('chats').flatMap(({ value, fault }) => {
    const entry = parseEntry(value);
    if (entry?.kind !== 'chat' || !platforms.has(entry.platform)) {
      fault(`platform:chat:chatId, platform being one of: ${[...platforms].join(', ')}`);
      return [];
    }
    if (taken.chats.has(value)) fault('a chat no other assistant is bound to');
    taken.chats.add(value);
    return [{ platform: entry.platform, id: entry.id }];
  });
}
