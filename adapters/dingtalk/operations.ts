import type { CallUrgency, PlannedCall } from '../../src/contract/budget.ts';
import { isFields, read, readList, readText } from '../shared/json.ts';
import { cannot, type ApiCall, type DingTalkApi } from './api.ts';
import type { DingTalkReplyTarget } from './types.ts';

/** Values of a card's variables. The platform wants strings, whatever their type. */
export type CardVariables = Readonly<Record<string, string>>;

export type NewCard = {
  readonly outTrackId: string;
  readonly templateId: string;
  readonly target: DingTalkReplyTarget;
  readonly variables: CardVariables;
  /** Whether presses of buttons come back, over Stream. */
  readonly callbacks: boolean;
};

/** A robot's Markdown message. */
export type MarkdownMessage = { readonly title: string; readonly text: string };

export type StreamedText = {
  /** Asked once, at the moment the call leaves; undefined: there is nothing new to show. */
  readonly text: () => string | undefined;
  readonly finalise: boolean;
  /** New for new content, equal for a repeated call. */
  readonly guid: string;
};

/** How one call stands in the budget. */
export type CallContext = { readonly urgency: CallUrgency; readonly signal: AbortSignal };

/** Each waits for the call budget, sends, looks into the answer also under HTTP 200, and rejects with `AdapterError`. */
export type DingTalkOperations = {
  /** Makes a card and puts it into the chat; a failed delivery inside the answer is a rejection. */
  deliverCard(card: NewCard, context: CallContext): Promise<{ readonly carrierId: string | undefined }>;
  /** Makes a card that nobody sees, to learn whether it could be made. */
  makeCard(outTrackId: string, templateId: string, context: CallContext): Promise<void>;
  /** The whole text so far of the card's Markdown variable. */
  streamCard(outTrackId: string, streamed: StreamedText, context: CallContext): Promise<void>;
  /** Sets some variables; all others stay. */
  setVariables(
    outTrackId: string,
    variables: () => CardVariables | undefined,
    context: CallContext,
  ): Promise<void>;
  /** By the address that came with the message. */
  sendBySession(url: string, chat: string, message: MarkdownMessage, context: CallContext): Promise<void>;
  sendToGroup(
    target: DingTalkReplyTarget,
    message: MarkdownMessage,
    context: CallContext,
  ): Promise<{ readonly processQueryKey: string | undefined }>;
  /** Rejects when the person cannot be reached although the call itself succeeds. */
  sendToPerson(
    staffId: string,
    robotCode: string,
    message: MarkdownMessage,
    context: CallContext,
  ): Promise<{ readonly processQueryKey: string | undefined }>;
  /** The signed address of a picture. */
  downloadUrl(robotCode: string, downloadCode: string, context: CallContext): Promise<string>;
};

/** The card's Markdown variable that grows. */
export const CONTENT_KEY = 'content';

/** Each call of both hosts that the adapter makes: its address, its body, and which limits count it. */
export function createOperations(api: DingTalkApi, baseUrl: string): DingTalkOperations {
  const call = (
    planned: PlannedCall,
    method: 'POST' | 'PUT',
    path: string,
    body: ApiCall['body'],
  ): ApiCall => ({ planned, method, url: `${baseUrl}${path}`, token: 'needed', body });

  return {
    async deliverCard(card, { urgency, signal }) {
      const planned = { api: 'card.deliver', urgency, card: card.outTrackId };
      const results = await api.call(
        call(planned, 'POST', '/v1.0/card/instances/createAndDeliver', () => newCardBody(card)),
        (body) => ({ delivered: readList(body, 'result', 'deliverResults') }),
        signal,
      );
      const delivered = results?.delivered ?? [];
      // Success outside does not mean success inside.
      if (delivered.length === 0 || delivered.some((one) => read(one, 'success') !== true)) {
        throw cannot('unsupported', 'card.undelivered');
      }
      return { carrierId: readText(delivered[0], 'carrierId') };
    },
    async makeCard(outTrackId, templateId, { urgency, signal }) {
      const body = {
        cardTemplateId: templateId,
        outTrackId,
        cardData: { cardParamMap: { [CONTENT_KEY]: '' } },
      };
      await api.call(
        call({ api: 'card.make', urgency }, 'POST', '/v1.0/card/instances', () => body),
        succeeded,
        signal,
      );
    },
    async streamCard(outTrackId, { text, finalise, guid }, { urgency, signal }) {
      const planned = { api: 'card.streaming', urgency, card: outTrackId };
      const streamed = call(planned, 'PUT', '/v1.0/card/streaming', () => {
        const content = text();
        if (content === undefined) return undefined;
        // A Markdown variable takes nothing but the whole text.
        return {
          outTrackId,
          guid,
          key: CONTENT_KEY,
          content,
          isFull: true,
          isFinalize: finalise,
          isError: false,
        };
      });
      await api.call(streamed, succeeded, signal);
    },
    async setVariables(outTrackId, variables, { urgency, signal }) {
      const planned = { api: 'card.update', urgency, card: outTrackId };
      const update = call(planned, 'PUT', '/v1.0/card/instances', () => {
        const cardParamMap = variables();
        if (cardParamMap === undefined) return undefined;
        // Without the option all other variables would be lost.
        return { outTrackId, cardData: { cardParamMap }, cardUpdateOptions: { updateCardDataByKey: true } };
      });
      await api.call(update, succeeded, signal);
    },
    async sendBySession(url, chat, message, { urgency, signal }) {
      const body = { msgtype: 'markdown', markdown: { title: message.title, text: message.text } };
      const planned = { api: 'robot.session', urgency, chat };
      await api.call({ planned, method: 'POST', url, token: 'none', body: () => body }, accepted, signal);
    },
    async sendToGroup({ conversationId, robotCode }, message, { urgency, signal }) {
      const planned = { api: 'robot.group', urgency, chat: conversationId };
      const body = { robotCode, openConversationId: conversationId, ...outgoing(message) };
      const sent = await api.call(
        call(planned, 'POST', '/v1.0/robot/groupMessages/send', () => body),
        (answer) => ({ processQueryKey: readText(answer, 'processQueryKey') }),
        signal,
      );
      return sent ?? { processQueryKey: undefined };
    },
    async sendToPerson(staffId, robotCode, message, { urgency, signal }) {
      const body = { robotCode, userIds: [staffId], ...outgoing(message) };
      const answer = await api.call(
        call({ api: 'robot.person', urgency }, 'POST', '/v1.0/robot/oToMessages/batchSend', () => body),
        (fields) => (isFields(fields) ? fields : undefined),
        signal,
      );
      if (readList(answer, 'invalidStaffIdList').length > 0) throw cannot('target-gone', 'invalidStaffId');
      if (readList(answer, 'flowControlledStaffIdList').length > 0) {
        throw cannot('rate-limited', 'flowControlledStaffId');
      }
      return { processQueryKey: readText(answer, 'processQueryKey') };
    },
    async downloadUrl(robotCode, downloadCode, { urgency, signal }) {
      const planned = { api: 'robot.download', urgency };
      const url = await api.call(
        call(planned, 'POST', '/v1.0/robot/messageFiles/download', () => ({ robotCode, downloadCode })),
        (body) => readText(body, 'downloadUrl'),
        signal,
      );
      return url ?? '';
    },
  };
}

const succeeded = (body: unknown): true | undefined => (read(body, 'success') === true ? true : undefined);
const accepted = (body: unknown): true | undefined => (read(body, 'errcode') === 0 ? true : undefined);

function newCardBody({
  outTrackId,
  templateId,
  target,
  variables,
  callbacks,
}: NewCard): Record<string, unknown> {
  const { kind, conversationId, staffId = '', robotCode } = target;
  const place =
    kind === 'group'
      ? {
          openSpaceId: `dtv1.card//IM_GROUP.${conversationId}`,
          imGroupOpenSpaceModel: { supportForward: true },
          // The chat list then shows the growing text rather than the template's name.
          imGroupOpenDeliverModel: { robotCode, extension: { dynamicSummary: 'true' } },
        }
      : {
          // In direct chats a card goes to the person, not to the conversation.
          openSpaceId: `dtv1.card//IM_ROBOT.${staffId}`,
          imRobotOpenSpaceModel: { supportForward: true },
          imRobotOpenDeliverModel: {
            spaceType: 'IM_ROBOT',
            robotCode,
            extension: { dynamicSummary: 'true' },
          },
        };
  return {
    cardTemplateId: templateId,
    outTrackId,
    userIdType: 1, // callbacks name people by user id
    ...(callbacks ? { callbackType: 'STREAM' } : {}),
    cardData: { cardParamMap: { ...variables, config: WIDE } },
    ...place,
  };
}

/** As wide as the chat window rather than as a phone. */
const WIDE = JSON.stringify({ autoLayout: true });

function outgoing({ title, text }: MarkdownMessage): { readonly msgKey: string; readonly msgParam: string } {
  return { msgKey: 'sampleMarkdown', msgParam: JSON.stringify({ title, text }) };
}
