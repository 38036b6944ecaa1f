/** What is released: a tag, or the commit that a branch or a review is at. */
export interface ReleaseRef {
  readonly kind: "tag" | "branch" | "review";
  /** The tag's or branch's name without `refs/…/`, or the review's number. */
  readonly name: string;
  /** Full, as Git has it; of an annotated tag the commit that it names. */
  readonly commit: string;
}

/** What `{ref}` stands for: a tag's name, or else the commit, since a branch doesn't stay where it is. */
export function refText({ kind, name, commit }: ReleaseRef): string {
  return kind === "tag" ? name : commit;
}

/** `tag v1.2.0`, `branch main at 0123456789` */
export function describeRef({ kind, name, commit }: ReleaseRef): string {
  const shown = isPlain(name) ? name : JSON.stringify(name);
  return kind === "tag" ? `tag ${shown}` : `${kind} ${shown} at ${commit.slice(0, 10)}`;
}

/**
 * Why nothing is released from it, whatever channels say: its name goes into addresses, file names and the
 * environment of scripts, and anybody who may push to the project chooses it.
 */
export function whyUnsafe(ref: ReleaseRef): string | undefined {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref.commit)) return `${describeRef(ref)} has no commit`;
  if (isPlain(ref.name)) return undefined;
  return `the ${describeRef(ref)} has other characters than letters, digits and . _ @ + / -, or begins or ends with one of them`;
}

function isPlain(name: string): boolean {
  return (
    /^[A-Za-z0-9@](?:[A-Za-z0-9._@+/-]{0,198}[A-Za-z0-9])?$/.test(name) &&
    // As a file's name, where few of these characters stand for themselves.
    encodeURIComponent(name).length <= 200 &&
    !/\.\.|\/\/|\/[.-]/.test(name)
  );
}
