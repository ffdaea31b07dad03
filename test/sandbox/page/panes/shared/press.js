import { act, toast } from '../../api.js';
import { say } from '../../words.js';

/** Presses a button of a reply as the chosen person, and shows what the client would show. */
export async function press(message, value, label, pane) {
  const answer = await act(pane.id, 'press', { message: message.id, by: pane.speaker().id, value, label });
  if (answer?.toast !== undefined) toast(answer.toast.content, answer.toast.type);
  else if (answer?.problem !== undefined) toast(`${say('pressFailed')} (${answer.problem})`, 'error');
}
