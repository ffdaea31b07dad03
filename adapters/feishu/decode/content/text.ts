import { parseJson, read } from '../../../shared/json.ts';
import type { ContentReader } from './content.ts';

/** `{"text":"@_user_1 hello"}`; links come as Markdown, styles are lost. */
export const readTextContent: ContentReader = (content, mentions) => {
  const text = read(parseJson(content), 'text');
  return typeof text === 'string'
    ? { segments: mentions.cut(text), imageKeys: [], unreadable: [] }
    : undefined;
};
