import { createTransport } from "nodemailer";
import { systemCode } from "../errors.ts";
import type { Bunch, Notice } from "./notice.ts";
import { redact } from "./post.ts";
import { messageId, refused, unavailable, wrongSetup, type Target } from "./target.ts";
import { composeMessage, moreText } from "./texts.ts";

export interface MailOptions {
  /** `smtps://host:465`, or `smtp://host:587`, which has to offer STARTTLS unless it is this machine. */
  readonly server: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

const mostPackages = 300;
const timeoutMs = 30_000;

export function openMail({ server, user, password, from, to }: MailOptions): Target {
  const url = new URL(server);
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  const secure = url.protocol === "smtps:";
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !isHere,
    ...(user !== undefined && { auth: { user, pass: password ?? "" } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Nothing is read for a text, whatever it looks like.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(bunch) {
      const domain = from.replace(/^.*@|>?\s*$/g, "") || "localhost";
      try {
        await transport.sendMail({
          from,
          to: [...to],
          ...mailText(bunch),
          // The same for a mail that is sent again, by which programs know it.
          messageId: `<${messageId(bunch)}@${domain}>`,
          headers: { "Auto-Submitted": "auto-generated", Precedence: "bulk" },
          disableFileAccess: true,
          disableUrlAccess: true,
        });
      } catch (error) {
        throw explain(url.host, error, [password ?? ""]);
      }
    },
    close: () => transport.close(),
  };
}

export function mailText(bunch: Bunch): { readonly subject: string; readonly text: string } {
  const { headline, lines, more } = composeMessage(bunch, mostPackages);
  const [first] = bunch.notices;
  const names = lines.length > 0 ? lines.map(({ notice }) => notice) : bunch.notices.slice(0, mostPackages);
  const what = bunch.notices.length === 1 ? first!.pkgbase : `${bunch.notices.length} packages`;
  const rest = more > 0 ? [moreText(more)] : [];
  return {
    subject: `${headline.replace(/:$/, "")}: ${what}`,
    text: [headline, "", ...names.flatMap(describe), ...rest, ""].join("\n"),
  };
}

function describe({ pkgbase, message, worker, logUrl, commitUrl, reviewUrl }: Notice): string[] {
  const said = message.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  const about = [said, worker === null ? "" : `on ${worker}`].filter(Boolean).join(", ");
  return [
    `* ${pkgbase}${about === "" ? "" : `: ${about}`}`,
    ...(reviewUrl === null ? [] : [`  review: ${reviewUrl}`]),
    ...(logUrl === null ? [] : [`  log: ${logUrl}`]),
    ...(commitUrl === null ? [] : [`  commit: ${commitUrl}`]),
  ];
}

/** By the code of the server's answer (RFC 5321, 4.2): 4xx is for now, 5xx for good. */
function explain(host: string, error: unknown, secrets: readonly string[]): Error {
  if (!(error instanceof Error)) throw error;
  const { responseCode, response } = error as { responseCode?: number; response?: string };
  const why = redact(response ?? systemCode(error) ?? "the connection broke", secrets);
  const hint = "Check the server, the user and the password, and the addresses.";
  const code = systemCode(error) ?? "";
  if (code === "ETLS") return wrongSetup(host, "it offers no encryption", hint);
  if (code === "EAUTH" && (responseCode ?? 500) >= 500) return wrongSetup(host, why, hint);
  if (responseCode === undefined || responseCode < 500) return unavailable(host, why);
  // 552, 554: the message; what else it refuses for good are addresses and the right to send.
  return [552, 554].includes(responseCode) ? refused(host, why) : wrongSetup(host, why, hint);
}
