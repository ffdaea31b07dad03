/**
 * The few sentences this adapter must say by itself, where the core has no reply open to say anything in. WeCom is used
 * in China; the asker's language is not known here, so each is in both.
 */
export const words = {
  /** For a stream nobody knows any more, which WeCom would ask for until it is told that it has ended. */
  endedStream: '这条回答已经结束。\nThis answer has ended.',
  /** Neither the stream nor the one further message has room for the rest. */
  noMoreRoom: '> 回答太长，余下的部分这里放不下了。\n> The answer is too long; the rest does not fit here.',
} as const;
