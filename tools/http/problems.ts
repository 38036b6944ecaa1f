import { SluiceError, systemCode } from "../errors.ts";

/** A host that didn't answer, or said "not now", as often as it was asked. `asked`: its Retry-After in milliseconds. */
export function unavailable(url: URL, why: string, asked: number | undefined): SluiceError {
  return notNow(url.host, `${placeOf(url)}: ${why}`, asked);
}

export function leftAlone(host: string, why: string, asked: number | undefined): SluiceError {
  return notNow(host, `${host} is left alone for the rest of this run: ${why}`, asked);
}

function notNow(host: string, message: string, asked: number | undefined): SluiceError {
  return new SluiceError("unavailable", message, {
    hint: "The next run asks again.",
    facts: { host, ...(asked !== undefined && { retryAfter: Math.ceil(asked / 1000) }) },
    exitCode: 1,
  });
}

export function tooLarge(url: URL, maxBytes: number): SluiceError {
  return new SluiceError("too-large", `${placeOf(url)}: the answer has more than ${maxBytes} bytes`, {
    hint: "Nothing of it was taken; check what the address leads to.",
    facts: { host: url.host },
    exitCode: 1,
  });
}

export function badUrl(text: string): SluiceError {
  const shown = text
    .replace(/\/\/[^/]*@/, "//***@")
    .replace(/[?#].*/s, "")
    .slice(0, 200);
  return new SluiceError("bad-url", `${JSON.stringify(shown)} is no http:// or https:// address`, {
    hint: "Check the address of the source.",
    exitCode: 1,
  });
}

export function badRedirect(url: URL, why: string): SluiceError {
  return new SluiceError("bad-redirect", `${placeOf(url)}: ${why}`, {
    hint: "Check whether the source has moved, and write down its new address.",
    facts: { host: url.host },
    exitCode: 1,
  });
}

export function badProxy(): SluiceError {
  return new SluiceError("bad-proxy", "the proxy's address isn't http://, https:// or socks5://", {
    hint: "Check CI_AUR_PROXY in .ci/config.",
  });
}

/** Why a connection failed, in a person's words. Undefined for what is no connection's failure but a bug. */
export function failureOf(error: unknown): string | undefined {
  const code = systemCode(error) ?? "";
  if (code === "UND_ERR_INVALID_ARG") return undefined;
  const known = reasons[code];
  if (known !== undefined) return known;
  if (error instanceof Error && error.name === "TimeoutError") return reasons["ETIMEDOUT"];
  if (code.startsWith("Z_")) return "the answer is compressed wrongly";
  return code === "" ? "the connection failed" : `the connection failed (${code})`;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "the host has no address",
  EAI_AGAIN: "the host's address can't be looked up now",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer stalled",
  UND_ERR_SOCKET: "the connection was cut",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer was cut",
  UND_ERR_ABORTED: "the proxy refused the connection",
};

/** Without credentials and without a query, which may hold some. */
function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
