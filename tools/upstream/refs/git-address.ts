import { SluiceError } from "../../errors.ts";
import { redact } from "../../git/git.ts";

/** Where a repository is asked: over HTTP in-process, or by the `git` program. */
export interface GitAddress {
  readonly transport: "http" | "program";
  /** Equal for what is surely the same repository, and only for that. */
  readonly url: string;
}

/**
 * Reads the address of a remote repository. Refused is what would run programs (`ext::`), read this machine's files,
 * or be taken for an option. Letter case of the host, a default port and one slash at the end make no difference;
 * anything else might, a `.git` at the end included.
 *
 * @throws SluiceError `bad-url`
 */
export function readGitAddress(text: string): GitAddress {
  if (
    !/^(?:https?|git|ssh):\/\/[^/\s-][^\s]*$/i.test(text) ||
    /[\p{Cc}\\]/u.test(text) ||
    !URL.canParse(text)
  ) {
    throw badAddress(text);
  }
  const url = new URL(text);
  // What follows a # is never sent, and a host or a user that looks like an option reaches ssh as one.
  if (url.hash !== "" || [url.hostname, url.username].some((part) => part.startsWith("-")))
    throw badAddress(text);
  const transport = url.protocol === "http:" || url.protocol === "https:" ? "http" : "program";
  return { transport, url: url.href.replace(/([^/])\/$/, "$1") };
}

/** Whether Git takes the text as a full name of a ref (git-check-ref-format). */
export function isRefName(text: string): boolean {
  if (!/^[^\p{Cc} ~^:?*[\\]+$/u.test(text) || text.includes("..") || text.includes("@{")) return false;
  return text.split("/").every((part) => part !== "" && !/^\.|\.lock$|\.$/.test(part));
}

function badAddress(text: string): SluiceError {
  const shown = redact(text.slice(0, 200));
  return new SluiceError("bad-url", `${JSON.stringify(shown)} is no address of a remote Git repository`, {
    hint: "Use https://, ssh:// or git://.",
    exitCode: 1,
  });
}
