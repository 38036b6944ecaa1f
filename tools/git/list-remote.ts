import { SluiceError } from "../errors.ts";
import { redact, type Git } from "./git.ts";

/** What a remote answers: its refs by their full names, and where its HEAD leads. */
export interface RemoteListing {
  readonly refs: ReadonlyMap<string, string>;
  /** `refs/heads/main`; undefined where the remote doesn't tell. */
  readonly defaultBranch: string | undefined;
  /** The commit that HEAD leads to. */
  readonly head: string | undefined;
}

/**
 * Asks a remote for refs, in one request. A pattern matches whole steps at a name's end, `*` anything; of an
 * annotated tag `<name>^{}` is the commit, where that is asked for.
 *
 * @param timeout milliseconds after which it counts as not answering
 * @throws SluiceError `git` if the remote can't be asked.
 */
export async function listRemote(
  git: Git,
  remote: string,
  patterns: readonly string[],
  timeout?: number,
): Promise<RemoteListing> {
  const asked = ["ls-remote", "--symref", remote, "HEAD", ...patterns];
  const answer = await git.attempt(asked, timeout === undefined ? {} : { timeout });
  if (!answer.ok) {
    const said = answer.stderr || `exit code ${answer.code}`;
    throw new SluiceError("git", redact(`git ls-remote --symref ${remote}: ${said}`), {
      facts: { said, exitCode: answer.code },
    });
  }
  const listing = answer.stdout;
  const refs = new Map<string, string>();
  let defaultBranch: string | undefined;
  let head: string | undefined;
  for (const line of listing.split("\n")) {
    const [value = "", name = ""] = line.split("\t");
    if (name === "HEAD" && value.startsWith("ref: ")) defaultBranch = value.slice("ref: ".length);
    else if (name === "HEAD") head = value;
    else if (name !== "") refs.set(name, value);
  }
  return { refs, defaultBranch, head };
}
