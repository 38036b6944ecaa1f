import { answer, FaultyServer, type Fault } from "./faulty-server.ts";

/** A message as people see it. */
export interface TelegramMessage {
  readonly chat: string;
  readonly text: string;
  readonly links: readonly { readonly text: string; readonly url: string }[];
}

/** Telegram's Bot API as far as sending goes, held to https://core.telegram.org/bots/api#sendmessage. */
export class TelegramServer {
  readonly token = "123456:AAF-S3cretS3cretS3cret_S3cret";
  readonly chats = new Set(["-1001"]);
  readonly messages: TelegramMessage[] = [];
  readonly #server = new FaultyServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, body } = this.#answer(request.url!, Buffer.concat(chunks).toString());
    answer(response, { status, body });
  });

  set faults(faults: readonly Fault[]) {
    this.#server.faults = faults;
  }

  get api(): string {
    return this.#server.url;
  }

  get requests(): number {
    return this.#server.asked.length;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  #answer(path: string, text: string): { status: number; body: unknown } {
    if (path !== `/bot${this.token}/sendMessage`) return failure(401, "Unauthorized");
    const message = JSON.parse(text) as Record<string, unknown>;
    for (const field of Object.keys(message)) {
      if (!fields.has(field)) throw new Error(`sendMessage has no ${field}`);
    }
    if (!this.chats.has(String(message["chat_id"]))) return failure(400, "Bad Request: chat not found");
    if (message["parse_mode"] !== "HTML") return failure(400, "Bad Request: unsupported parse_mode");
    const shown = parseHtml(String(message["text"]));
    if (!shown) return failure(400, "Bad Request: can't parse entities");
    if (shown.text.trim() === "") return failure(400, "Bad Request: message text is empty");
    if (shown.text.length > 4096) return failure(400, "Bad Request: message is too long");
    this.messages.push({ chat: String(message["chat_id"]), ...shown });
    return { status: 200, body: { ok: true, result: { message_id: this.messages.length } } };
  }
}

/** It asks to be left alone for so many seconds. */
export function floodWait(seconds: number, times = 1): Fault {
  const description = `Too Many Requests: retry after ${seconds}`;
  const body = { ok: false, error_code: 429, description, parameters: { retry_after: seconds } };
  return { kind: "answers", status: 429, body, times };
}

const fields = new Set(["chat_id", "text", "parse_mode", "link_preview_options", "disable_notification"]);

function failure(status: number, description: string): { status: number; body: unknown } {
  return { status, body: { ok: false, error_code: status, description } };
}

/** Its HTML: a few tags, which must be closed in order; undefined where it would refuse it. */
function parseHtml(html: string): Omit<TelegramMessage, "chat"> | undefined {
  const links: { text: string; url: string }[] = [];
  const open: { tag: string; at: number; url: string | undefined }[] = [];
  let text = "";
  const pattern =
    /<(\/?)(a|b|code)(?: href="([^"<>]*)")?>|&(#\d+|#x[0-9a-f]+|lt|gt|amp|quot);|([^<>&]+)|(.)/gs;
  for (const [, closes, tag, href, entity, plain, other] of html.matchAll(pattern)) {
    if (other !== undefined) return undefined;
    if (plain !== undefined) text += plain;
    else if (entity !== undefined) text += decode(entity);
    else if (closes === "") open.push({ tag: tag!, at: text.length, url: href });
    else {
      const last = open.pop();
      if (last?.tag !== tag) return undefined;
      if (tag === "a") links.push({ text: text.slice(last!.at), url: unescape(last!.url ?? "") });
    }
  }
  return open.length === 0 ? { text, links } : undefined;
}

function unescape(text: string): string {
  return text.replaceAll(/&(#\d+|lt|gt|amp|quot);/g, (_, entity: string) => decode(entity));
}

function decode(entity: string): string {
  if (entity.startsWith("#x")) return String.fromCodePoint(Number.parseInt(entity.slice(2), 16));
  if (entity.startsWith("#")) return String.fromCodePoint(Number(entity.slice(1)));
  return { lt: "<", gt: ">", amp: "&", quot: '"' }[entity]!;
}
