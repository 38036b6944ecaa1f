import { createHmac } from "node:crypto";
import { z } from "zod";
import { noticeKinds, type Bunch, type NoticeKind } from "./notice.ts";
import { post } from "./post.ts";
import { messageId, type Target } from "./target.ts";

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and the key in base64. */
  readonly secret: string;
  readonly now?: () => number;
}

const kinds = Object.keys(noticeKinds) as [NoticeKind, ...NoticeKind[]];
const nullableText = z.string().nullable();

/** What a webhook gets. New fields may come; what is here stays. */
const webhookSchema = z.object({
  version: z.literal(1),
  kind: z.enum(kinds),
  repository: z.string().meta({ description: "The package repository" }),
  packages: z
    .array(
      z.object({
        pkgbase: z.string(),
        arch: z.string(),
        at: z.int().meta({ description: "Milliseconds since 1970" }),
        event: z.int().meta({ description: "Grows; an event that comes again has the same" }),
        build: z.int().nullable(),
        commit: nullableText,
        source: nullableText.meta({ description: "The workspace's name" }),
        worker: nullableText,
        message: z.string(),
        logUrl: nullableText,
        commitUrl: nullableText,
        reviewUrl: nullableText.meta({ description: "Of `review`: where it is looked at" }),
      }),
    )
    .min(1),
});

/** `docs/webhook.schema.json` */
export const webhookJsonSchema = z.toJSONSchema(webhookSchema, { io: "input" });

/** A POST signed as https://www.standardwebhooks.com has it, with `webhook-id`, `-timestamp` and `-signature`. */
export function openWebhook({ url, secret, now = Date.now }: WebhookOptions): Target {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return {
    async send(bunch) {
      const body = JSON.stringify(webhookBody(bunch));
      const id = messageId(bunch);
      const timestamp = String(Math.floor(now() / 1000));
      await post({
        url: new URL(url),
        headers: {
          "webhook-id": id,
          "webhook-timestamp": timestamp,
          "webhook-signature": `v1,${sign(key, id, timestamp, body)}`,
        },
        secrets: [secret, secret.replace(/^whsec_/, "")],
        body,
        hint: "Check the address of the webhook.",
      });
    },
    close: () => undefined,
  };
}

function sign(key: Buffer, id: string, timestamp: string, body: string): string {
  return createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
}

function webhookBody({ kind, repository, notices }: Bunch): z.infer<typeof webhookSchema> {
  const packages = notices.map(({ kind: _kind, repository: _repository, seq, ...notice }) => ({
    ...notice,
    event: seq,
  }));
  return { version: 1, kind, repository, packages };
}
