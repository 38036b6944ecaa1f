import { SluiceError } from "../../errors.ts";
import { redact, type Git } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { readRefLines, type Refs } from "./ref-lists.ts";

/** Milliseconds. */
const longestListing = 60_000;
export const longestFetch = 300_000;

/**
 * What makes Git ask nobody but the server: no credentials, no prompts, no programs that an address could name, no
 * submodules. A server that stalls is given up.
 */
export const hardening = [
  "protocol.allow=never",
  ...["http", "https", "git", "ssh"].map((protocol) => `protocol.${protocol}.allow=always`),
  "credential.helper=",
  "http.followRedirects=initial",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "core.sshCommand=ssh -oBatchMode=yes -oConnectTimeout=20",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
].flatMap((setting) => ["-c", setting]);

/** The refs whose names begin with one of the prefixes, asked by `git ls-remote`. Throws SluiceErrors as `fetchRefs`. */
export async function askRefsByProgram(
  http: Http,
  git: Git,
  url: string,
  prefixes: readonly string[],
): Promise<Refs> {
  const patterns = prefixes.map((prefix) => `${prefix}*`);
  const listing = await run(
    http,
    git,
    url,
    ["ls-remote", "--symref", "--", url, ...patterns],
    longestListing,
  );
  return readRefLines(listing.split("\n").filter(Boolean));
}

/**
 * Fetches refs of one repository with all that their newest commits consist of, and nothing older.
 *
 * @param refs full name or `HEAD` → the name that it gets here
 * @param also options of `git fetch`
 * @throws SluiceError `unavailable`, or `no-repository` where the server says that there is none
 */
export async function fetchRefs(
  http: Http,
  git: Git,
  url: string,
  refs: ReadonlyMap<string, string>,
  also: readonly string[] = [],
): Promise<void> {
  const flags = [
    ...also,
    "--quiet",
    "--depth=1",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
  ];
  const wanted = [...refs].map(([theirs, ours]) => `+${theirs}:${ours}`);
  await run(http, git, url, ["fetch", ...flags, "--", url, ...wanted], longestFetch);
}

async function run(
  http: Http,
  git: Git,
  url: string,
  args: readonly string[],
  timeout: number,
): Promise<string> {
  return http.politely(url, async () => {
    const { ok, stdout, stderr } = await git.attempt([...hardening, ...args], { timeout });
    if (ok) return stdout;
    throw failed(url, stderr);
  });
}

function failed(url: string, stderr: string): SluiceError {
  const isMissing =
    /not found|does not exist|not a git repository|repository not exported|Authentication failed|could not read Username/i;
  const said = stderr.split("\n").find((line) => line.startsWith("fatal: ")) ?? "no answer in time";
  const message = `${redact(url)}: ${said.replace(/^fatal: /, "").slice(0, 300)}`;
  const facts = { host: new URL(url).host };
  if (isMissing.test(stderr)) {
    const hint = "Check whether the repository has moved, and that everybody may read it.";
    return new SluiceError("no-repository", message, { hint, facts, exitCode: 1 });
  }
  return new SluiceError("unavailable", message, { hint: "The next run asks again.", facts, exitCode: 1 });
}
