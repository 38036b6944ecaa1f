import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseRelation } from "../tools/alpm/relation.ts";
import { parseSrcinfo, type Srcinfo } from "../tools/alpm/srcinfo.ts";
import { replay, type Replayed } from "../tools/ci/checks/replay.ts";
import { relationFields, relationsOf } from "../tools/deptree/relations.ts";
import { systemCode } from "../tools/errors.ts";
import { openGit } from "../tools/git/git.ts";
import type { BenchReport } from "./report.ts";

/** A clone of a repository that has its packages at the root, with its open reviews as branches `update-…`. */
const packages = process.env["SLUICE_BENCH_PACKAGES"];

/** Verdicts on the reviews that are open in a real repository, and each that passes by what can do no harm. */
export async function benchReviews(): Promise<BenchReport> {
  const name = "reviews: verdicts on those that are open in a repository";
  if (!packages) return { name, figures: { skipped: "SLUICE_BENCH_PACKAGES names no clone" } };
  const distribution = installableIn(packages);
  const judged: Replayed[] = [];
  for await (const one of replay(openGit(packages, process.env), { branches: "update-*", distribution }))
    judged.push(one);
  const count = (verdict: Replayed["verdict"]): string => {
    const found = judged.filter((one) => one.verdict === verdict).length;
    return `${found} (${((100 * found) / judged.length).toFixed(1)}%)`;
  };
  const inert = judged.filter(({ verdict }) => verdict === "minor").flatMap(reasonOf);
  return {
    name,
    figures: {
      reviews: `${judged.length}`,
      minor: count("minor"),
      major: count("major"),
      dangerous: count("dangerous"),
      "minor by what can do no harm": `${inert.length}`,
      ...Object.fromEntries(inert),
    },
  };
}

function reasonOf({ pkgbase, findings }: Replayed): [pkgbase: string, reason: string][] {
  const messages = findings.flatMap(({ rule, message }) => (rule === "inert-change" ? [message] : []));
  const reasons = messages.map((message) => message.slice(message.indexOf(": ") + 2));
  return reasons.length === 0 ? [] : [[`  ${pkgbase}`, [...new Set(reasons)].join("; ")]];
}

/**
 * The packages of the repository, and what they are built from and none of them has or provides: the distribution has
 * that. Names alone, since versions of its packages are in no `.SRCINFO`.
 */
function installableIn(root: string): ReadonlySet<string> {
  const [own, provided, needed] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const fields = relationFields("x86_64");
  for (const pkgbase of readdirSync(root)) {
    const srcinfo = readSrcinfo(join(root, pkgbase, ".SRCINFO"));
    if (!srcinfo) continue;
    const { pkgnames, provides, dependencies } = relationsOf(pkgbase, srcinfo, fields);
    for (const name of pkgnames) own.add(name);
    for (const text of provides) provided.add(parseRelation(text).name);
    for (const text of dependencies.flatMap(({ texts }) => texts)) needed.add(parseRelation(text).name);
  }
  return new Set([...own, ...[...needed].filter((name) => !provided.has(name))]);
}

function readSrcinfo(path: string): Srcinfo | undefined {
  try {
    return parseSrcinfo(readFileSync(path, "utf8"));
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
