import type { Bunch } from "./notice.ts";
import { post } from "./post.ts";
import type { Target } from "./target.ts";
import { composeMessage, escapeHtml, moreText } from "./texts.ts";

export interface TelegramOptions {
  /** Where the Bot API is. */
  readonly api: string;
  readonly token: string;
  readonly chat: string;
}

/** A message holds 4,096 characters after its links are taken out (https://core.telegram.org/bots/api#sendmessage). */
const longestText = 4096;
const mostPackages = 50;

/** Messages as chaotic-manager sends them, in HTML: of its other two languages, one breaks on `_` and one on all else. */
export function openTelegram({ api, token, chat }: TelegramOptions): Target {
  const url = new URL(`${api.replace(/\/+$/, "")}/bot${token}/sendMessage`);
  return {
    send: (bunch) =>
      post({
        url,
        secrets: [token],
        body: JSON.stringify({
          chat_id: chat,
          text: telegramText(bunch),
          parse_mode: "HTML",
          link_preview_options: { is_disabled: true },
        }),
        hint: "Check the bot's token and the chat, and whether the bot may write there.",
        waitIn: (answer) => (answer as Answer)?.parameters?.retry_after,
        messageIn: (answer) => (answer as Answer)?.description,
        setupSaid: /chat|group|rights/i,
      }),
    close: () => undefined,
  };
}

type Answer =
  | { readonly description?: unknown; readonly parameters?: { readonly retry_after?: unknown } }
  | undefined;

export function telegramText(bunch: Bunch): string {
  for (let packages = mostPackages; ; packages = Math.ceil(packages / 2)) {
    const { headline, lines, more } = composeMessage(bunch, packages);
    const rows = lines.map(({ pkgbase, links }) =>
      [
        // Marked as code, since Telegram takes `@name` for a person and `name.org` for a site.
        `&gt; <code>${escapeHtml(pkgbase)}</code>`,
        ...links.map((link) => `<a href="${escapeHtml(link.url)}">${link.text}</a>`),
      ].join(" - "),
    );
    const text = [escapeHtml(headline), ...rows, ...(more > 0 ? [`&gt; ${moreText(more)}`] : [])].join("\n");
    const shown = text.replaceAll(/<[^>]*>/g, "").replaceAll(/&[^;]+;/g, "x");
    if (shown.length <= longestText || packages === 1) return text;
  }
}
