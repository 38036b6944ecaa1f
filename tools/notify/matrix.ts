import type { Bunch } from "./notice.ts";
import { post } from "./post.ts";
import { messageId, type Target } from "./target.ts";
import { composeMessage, escapeHtml, moreText } from "./texts.ts";

export interface MatrixOptions {
  /** `https://matrix.example.org` */
  readonly homeserver: string;
  /** `!id:example.org` */
  readonly room: string;
  readonly token: string;
}

const mostPackages = 100;

/** `m.room.message` by a transaction id that is the message's own, so that the server takes a repeated one for the same
 * (https://spec.matrix.org/v1.11/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid). */
export function openMatrix({ homeserver, room, token }: MatrixOptions): Target {
  const base = homeserver.replace(/\/+$/, "");
  return {
    send: (bunch) =>
      post({
        url: new URL(
          `${base}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${messageId(bunch)}`,
        ),
        method: "PUT",
        headers: { authorization: `Bearer ${token}` },
        secrets: [token],
        body: JSON.stringify(matrixContent(bunch)),
        hint: "Check the access token and the room, and whether its user is a member there.",
        waitIn: (answer) => {
          const ms = (answer as Answer)?.retry_after_ms;
          return typeof ms === "number" ? ms / 1000 : ms;
        },
        messageIn: (answer) => (answer as Answer)?.error,
      }),
    close: () => undefined,
  };
}

type Answer = { readonly error?: unknown; readonly retry_after_ms?: unknown } | undefined;

export function matrixContent(bunch: Bunch) {
  const { headline, lines, more } = composeMessage(bunch, mostPackages);
  const plain = lines.map(({ pkgbase, links }) =>
    [`> ${pkgbase}`, ...links.map(({ url }) => url)].join(" - "),
  );
  const rich = lines.map(({ pkgbase, links }) =>
    [
      `&gt; <code>${escapeHtml(pkgbase)}</code>`,
      ...links.map((link) => `<a href="${escapeHtml(link.url)}">${link.text}</a>`),
    ].join(" - "),
  );
  const rest = more > 0 ? [`> ${moreText(more)}`] : [];
  return {
    // A notice rings nobody's bell, and bots don't answer it.
    msgtype: "m.notice",
    body: [headline, ...plain, ...rest].join("\n"),
    format: "org.matrix.custom.html",
    formatted_body: [escapeHtml(headline), ...rich, ...rest.map(escapeHtml)].join("<br>"),
    // Nobody is mentioned, whatever a package is called.
    "m.mentions": {},
  };
}
