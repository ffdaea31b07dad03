import { FeishuFault } from './fault.ts';

/** What is wrong with a card, by the code Feishu documents for it; how it is told depends on the API that met it. */
export class CardProblem extends Error {
  override readonly name = 'CardProblem';
  readonly code: number;
  readonly path: string | undefined;

  constructor(code: number, message: string, path?: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

// The CardKit pages list these as codes of their own; everything else arrives wrapped in 230099.
const cardkitCodes = new Set([200220, 200860, 300301, 300302, 300303, 300305, 300307]);

/** As the CardKit APIs answer it. */
export function cardkitFault(problem: CardProblem): FeishuFault {
  return cardkitCodes.has(problem.code)
    ? new FeishuFault(problem.code, problem.message)
    : createFailed(problem.code, problem);
}

/** As the message APIs (create, reply, patch) answer it. */
export function messageFault(problem: CardProblem): FeishuFault {
  if (problem.code === 200860) {
    return new FeishuFault(230025, 'The length of the message content reaches its limit.');
  }
  if (problem.code === 300305)
    return createFailed(11310, new CardProblem(11310, 'element exceeds the limit'));
  return createFailed(problem.code === 200220 ? 200621 : problem.code, problem);
}

function createFailed(code: number, { message, path }: CardProblem): FeishuFault {
  const where = path === undefined ? '' : ` ErrPath: ${path};`;
  return new FeishuFault(
    230099,
    `Failed to create card content, ext=ErrCode: ${code};${where} ErrMsg: ${message}; ErrorValue: ; code:230099`,
  );
}
