import { openHeldReview } from "../../../ci/operations/reviews/held-review.ts";
import { readRecipe } from "../../../ci/updates/recipe-in-commit.ts";
import { listReviews, type ListedReview } from "../../../ci/operations/reviews/list-reviews.ts";
import type { OperationPorts } from "../../../ci/operations/operation.ts";
import { branchPrefix } from "../../../forge/branch-name.ts";
import { SluiceError } from "../../../errors.ts";
import { resolveCommit } from "../../../git/history.ts";
import { hasRemote } from "../../../git/push.ts";
import { remoteBranches } from "../../../git/remote-branches.ts";
import type { HeldReview, HeldReviews, ShownReview } from "../../../manager/view/held-reviews.ts";
import { remote, stateRef } from "../../../workspace/refs.ts";
import { reviewPlace } from "../forge.ts";
import { operationPorts } from "../operation.ts";
import { withUpstreams } from "../upstreams.ts";

/** How old what is known may be before it is looked at again, at a remote and in this clone alone. */
const lookEveryMs = { remote: 60_000, here: 2000 };
/** Who asks first waits that long; what isn't known by then is there the next time. */
const firstLookMs = 1000;

interface Known {
  readonly at: number;
  readonly key: string;
  readonly reviews: readonly HeldReview[];
}

/** Those of the clone in this folder. */
export function heldReviewsOf(root: string): HeldReviews {
  return heldReviews({ ...operationPorts({ root }), progress: () => undefined }, process.env);
}

/** Open reviews for whoever looks in. They are judged again where a branch or main moved, never while somebody waits. */
export function heldReviews(ports: OperationPorts, env: NodeJS.ProcessEnv): HeldReviews {
  let known: Known | undefined;
  let problem: string | null = null;
  let looked = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let isHere = false;

  async function look(): Promise<void> {
    try {
      isHere = !(await hasRemote(ports.git, remote));
      const key = await keyOf(ports, isHere ? "." : remote);
      const reviews = key === known?.key ? known.reviews : await readReviews(ports, env);
      known = { at: Date.now(), key, reviews };
      problem = null;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      problem = error.message;
    }
  }

  async function refresh(): Promise<void> {
    if (performance.now() - looked > (isHere || !known ? lookEveryMs.here : lookEveryMs.remote)) {
      looked = performance.now();
      looking ??= look().finally(() => {
        looking = undefined;
      });
      looking.catch((error: unknown) => {
        problem = "the last look ended with an error";
        process.stderr.write(`reviews: ${String(error)}\n`);
      });
    }
    if (known === undefined && looking)
      await Promise.race([looking.catch(() => undefined), later(firstLookMs)]);
  }

  return {
    async reviews() {
      await refresh();
      return { asOf: known?.at ?? null, problem, reviews: known?.reviews ?? [] };
    },
    async review(pkgbase) {
      await refresh();
      const listed = known?.reviews.find((one) => one.pkgbase === pkgbase);
      return listed && { ...listed, files: await readFiles(ports, pkgbase) };
    },
  };
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** What the list follows from: main, the reviews' branches, and what was found out about them. */
async function keyOf({ git }: OperationPorts, place: string): Promise<string> {
  const heads = [...(await remoteBranches(git, place, ""))]
    .filter(([name]) => name.startsWith(branchPrefix) || `refs/heads/${name}` === stateRef)
    .map(([name, head]) => `${name}=${head}`);
  return [await resolveCommit(git, "HEAD"), ...heads].join(" ");
}

async function readReviews(ports: OperationPorts, env: NodeJS.ProcessEnv): Promise<readonly HeldReview[]> {
  const forge = await reviewPlace(ports.git, ports.platform);
  if (forge instanceof SluiceError) throw forge;
  const listed = await withUpstreams(env, (upstreams) => listReviews({ ...ports, forge, upstreams }));
  return listed.map(describe).toSorted((a, b) => rank(a) - rank(b) || a.openedAt - b.openedAt);
}

const rank = ({ verdict }: HeldReview): number =>
  verdict === null ? 3 : { dangerous: 0, major: 1, minor: 2 }[verdict];

function describe(review: ListedReview): HeldReview {
  const { pkgbase, url, branch, openedAt, verdict = null, versions = "", findings, evidence } = review;
  return {
    pkgbase,
    url: /^https?:\/\//.test(url) ? url : null,
    branch,
    openedAt: Date.parse(openedAt),
    verdict,
    versions,
    findings: findings.map(({ severity, message, file = null, line = null }) => ({
      severity,
      message,
      file,
      line,
    })),
    evidence,
  };
}

const mostBytes = 256 * 1024;

async function readFiles(ports: OperationPorts, pkgbase: string): Promise<ShownReview["files"]> {
  const { git } = ports;
  const { present, review, folder } = await openHeldReview(ports, pkgbase);
  const [before, after] = [
    await readRecipe(git, present.refs.head, folder),
    await readRecipe(git, review.head, folder),
  ];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.map((path) => ({ path, before: textOf(before.get(path)), after: textOf(after.get(path)) }));
}

/** Null where there is none, or where it isn't text that a person could read. */
function textOf(file: { readonly mode: string; readonly bytes: Uint8Array } | undefined): string | null {
  if (!file || file.mode === "160000" || file.bytes.length > mostBytes) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
  } catch {
    return null;
  }
}
