import { open, rename, rm } from 'node:fs/promises';

/** Writes the whole file or nothing of it, readable for this user only. Rejects when the folder does not take it. */
export async function writePrivately(file: string, text: string): Promise<void> {
  const unfinished = `${file}.new`;
  await rm(unfinished, { force: true });
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
}
