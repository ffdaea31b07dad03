import { parseJson, readText } from '../../../shared/json.ts';
import type { ContentReader } from './content.ts';

/** `{"image_key":"img_…"}` */
export const readImageContent: ContentReader = (content) => {
  const imageKey = readText(parseJson(content), 'image_key');
  return imageKey === undefined ? undefined : { segments: [], imageKeys: [imageKey], unreadable: [] };
};
