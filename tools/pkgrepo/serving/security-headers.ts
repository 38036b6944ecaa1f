import { STATUS_CODES } from "node:http";

const policy = {
  "default-src": "'none'",
  "style-src": "'self'",
  "script-src": "'self'",
  "connect-src": "'self'",
  "img-src": "data:",
  "base-uri": "'none'",
  "form-action": "'self'",
  "frame-ancestors": "'none'",
};

/** With which a browser runs nothing that a stranger wrote, and shows no page within another: of every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": Object.entries(policy)
    .map(([what, from]) => `${what} ${from}`)
    .join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
};

/** An answer as bytes, for a connection on which there is no request that could be answered otherwise. */
export function lastAnswer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = {
    ...securityHeaders,
    ...headers,
    "content-type": "text/plain",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`;
}
