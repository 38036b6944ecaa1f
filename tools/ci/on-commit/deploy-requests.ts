import type { Commit } from "../../git/history.ts";

/** `[deploy foo/heavy]` in a commit message. */
export interface DeployRequest {
  /** A package's name, `all`, or whatever else somebody wrote there. */
  readonly name: string;
  /** The build class asked for, or undefined. */
  readonly class: string | undefined;
  /** The id of the commit whose message holds it. */
  readonly commit: string;
  readonly text: string;
}

/**
 * The requests that remain after all messages were read, oldest commit first: `[deploy NAME]`,
 * `[deploy NAME/CLASS]` and `[deploy all]` ask, a later `[undeploy NAME]` cancels. The text between the
 * brackets is taken literally, so a name that no package can have is an unknown name, not nothing.
 *
 * @param pkgbaseOf the package that a name stands for; a name that stands for none stays as it is
 */
export function deployRequests(
  commits: readonly Commit[],
  pkgbaseOf: (name: string) => string | undefined = () => undefined,
): DeployRequest[] {
  const requests = new Map<string, DeployRequest>();
  for (const { id, message } of commits) {
    for (const [text, verb, inner] of message.matchAll(/\[(deploy|undeploy)[ \t]+([^[\]\r\n]{1,200})\]/g)) {
      const { name: given, class: buildClass } = splitClass(inner!.trim());
      const name = pkgbaseOf(given) ?? given;
      requests.delete(name);
      if (verb === "deploy") requests.set(name, { name, class: buildClass, commit: id, text: text! });
    }
  }
  return [...requests.values()];
}

function splitClass(target: string): { name: string; class: string | undefined } {
  const match = /^([^/]+)\/([A-Za-z0-9_][A-Za-z0-9._+-]*)$/.exec(target);
  return match ? { name: match[1]!, class: match[2]! } : { name: target, class: undefined };
}
