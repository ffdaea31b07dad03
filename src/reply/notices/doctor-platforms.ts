import { phrase, type Phrase } from './phrase.ts';

export type PlatformCause = { readonly cause: Phrase; readonly remedy: Phrase };

const because = (
  cause: readonly [zh: string, en: string],
  remedy: readonly [zh: string, en: string],
): PlatformCause => ({ cause: phrase(...cause), remedy: phrase(...remedy) });

const onThePage = (zh: string, en: string): readonly [string, string] => [
  `${zh}（链接见上）。`,
  `${en} (link above).`,
];

const setTheClock = [
  '请在这台机器上启用时间同步：timedatectl set-ntp true。',
  'Turn on time synchronisation on this machine: timedatectl set-ntp true.',
] as const;

const enterAddress = (paths: readonly string[]): Phrase => {
  const addresses = paths.map((path) => `https://<…>${path}`).join(', ');
  return phrase(
    `控制台里的回调地址应是 ${addresses.replaceAll('<…>', '你的域名')}，并且能从公网访问；反向代理要把这个路径原样转给本服务。`,
    `The callback URL in the console should be ${addresses.replaceAll('<…>', 'your-domain')}, reachable from the internet; a reverse proxy must pass this path on unchanged.`,
  );
};

/** Why a check of a platform did not pass and what to do. */
export const platformCauses = {
  enterAddress,
  unreachable: because(
    ['连不上聊天平台。', 'The chat platform cannot be reached.'],
    [
      '请检查这台机器能否上网；要经过代理时，在 .env 里写 HTTPS_PROXY。',
      'Check this machine’s way to the internet; where it leads through a proxy, write HTTPS_PROXY into .env.',
    ],
  ),
  name: because(
    ['聊天平台的域名查不到地址。', 'The chat platform’s name cannot be resolved.'],
    [
      '请检查这台机器的 DNS；只能经代理上网时，在 .env 里写 HTTPS_PROXY。',
      'Check this machine’s DNS; where only a proxy reaches the internet, write HTTPS_PROXY into .env.',
    ],
  ),
  /** `said`: the status the proxy answered with, or the network's code. */
  proxy: (host: string, said: string): PlatformCause =>
    because(
      said === '407'
        ? [`代理 ${host} 要求登录（407）。`, `The proxy ${host} wants a login (407).`]
        : [`代理 ${host} 没有放行（${said}）。`, `The proxy ${host} did not let us through (${said}).`],
      [
        '请检查 .env 里的 HTTPS_PROXY（要登录时写 http://用户:密码@主机:端口），并在代理上放行聊天平台的域名；不必经过代理的写进 NO_PROXY。',
        'Check HTTPS_PROXY in .env (with a login: http://user:password@host:port) and let the platform’s hosts pass there; name hosts that need no proxy in NO_PROXY.',
      ],
    ),
  certificate: because(
    [
      '聊天平台的证书不受信任：中间有替换证书的代理，或本机时间不对。',
      'The chat platform’s certificate is not trusted: a proxy in between replaces it, or this machine’s clock is wrong.',
    ],
    [
      '请用 NODE_EXTRA_CA_CERTS=/路径/ca.pem 信任公司的 CA，并核对本机时间（timedatectl）。',
      'Trust the company’s authority with NODE_EXTRA_CA_CERTS=/path/ca.pem, and compare the clock (timedatectl).',
    ],
  ),
  down: because(
    ['聊天平台自己暂时出错了。', 'The chat platform itself is failing at the moment.'],
    [
      '请过几分钟再检查；一直如此就看平台的公告。',
      'Check again in a few minutes; if it stays so, look at the platform’s status page.',
    ],
  ),
  'clock-behind': (seconds: string): PlatformCause =>
    because(
      [
        `这台机器的时间比聊天平台慢 ${seconds} 秒，签名和令牌会被拒。`,
        `This machine’s clock is ${seconds} s behind the chat platform’s; signatures and tokens get refused.`,
      ],
      setTheClock,
    ),
  'clock-ahead': (seconds: string): PlatformCause =>
    because(
      [
        `这台机器的时间比聊天平台快 ${seconds} 秒，签名和令牌会被拒。`,
        `This machine’s clock is ${seconds} s ahead of the chat platform’s; signatures and tokens get refused.`,
      ],
      setTheClock,
    ),
  'untrusted-address': (address: string): PlatformCause =>
    because(
      [
        `平台不信任这台机器的公网地址 ${address}。`,
        `The platform does not trust this machine’s public address ${address}.`,
      ],
      [
        `请在控制台这个应用的页面把 ${address} 加进企业可信 IP（链接见上）；那一项是灰的，就先在同一页设好可信域名，或保存并通过验证的回调地址。`,
        `Add ${address} to the trusted addresses on the app’s page in the console (link above); if that field is greyed out, first set a trusted domain there, or a callback URL that passes its check.`,
      ],
    ),
  'host-not-allowed': (key: string, host: string): PlatformCause =>
    because(
      [
        `图片来自不在名单里的地址 ${host}，没有下载。`,
        `Pictures came from ${host}, which is not allowed, and were not fetched.`,
      ],
      [
        `确认这是公司或平台的地址后，在 .env 里写 ${key}=${host}。`,
        `If it is the platform’s or your own, write ${key}=${host} into .env.`,
      ],
    ),
  'not-set': (key: string): PlatformCause =>
    because(
      [
        `没有设置 ${key}：回答会整条发出，不会逐字显示。`,
        `${key} is not set: answers are sent whole and do not grow.`,
      ],
      [
        `想要逐字显示，请在 .env 里写 ${key}（链接见上）。`,
        `For growing answers write ${key} into .env (link above).`,
      ],
    ),
  credentials: because(
    ['平台不接受应用凭证。', 'The platform refuses the app’s credentials.'],
    onThePage(
      '请对照控制台的凭证页，改正 .env 里的 ID 和 Secret',
      'Compare id and secret in .env with the console’s credentials page',
    ),
  ),
  bot: because(
    ['机器人没有启用。', 'The bot is not enabled.'],
    onThePage('请在控制台启用机器人能力并发布版本', 'Enable the bot in the console and publish a version'),
  ),
  connection: because(
    ['长连接没有连上。', 'The long connection is not up.'],
    onThePage(
      '请在控制台把事件订阅设为长连接，并确认没有别的进程用同一个应用',
      'Choose the long connection for events in the console, and see that no other process uses the same app',
    ),
  ),
  permission: because(
    ['缺少权限。', 'A permission is missing.'],
    onThePage(
      '请在控制台开通上面列出的权限并发布版本',
      'Grant the permissions listed above in the console and publish a version',
    ),
  ),
  card: because(
    ['卡片不能用。', 'Cards cannot be used.'],
    onThePage(
      '请在控制台检查卡片权限和卡片模板',
      'Check the card permission and the card template in the console',
    ),
  ),
  webhook: (paths: readonly string[]): PlatformCause => ({
    cause: phrase(
      '服务启动以来，还没有收到过平台的回调。',
      'Since the service started, no callback of the platform has arrived.',
    ),
    remedy: enterAddress(paths),
  }),
  mismatch: (key: string, count: string): PlatformCause =>
    because(
      [
        `收到了回调，但有 ${count} 个和 ${key} 对不上，被拒收了。`,
        `Callbacks arrive, but ${count} did not match ${key} and were refused.`,
      ],
      [
        `请把控制台里的值原样写进 .env 的 ${key}，重启服务，再在控制台保存一次回调地址。`,
        `Copy the value from the console into ${key} in .env, restart the service, and save the callback URL in the console once more.`,
      ],
    ),
  stale: (count: string): PlatformCause =>
    because(
      [
        `收到了回调，但有 ${count} 个的时间和本机相差太大，被拒收了。`,
        `Callbacks arrive, but ${count} were refused because their time is too far from this machine’s.`,
      ],
      setTheClock,
    ),
} as const;
