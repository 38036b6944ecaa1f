import { whyLeftOut, type ListPlan } from "../../ci/operations/from-list.ts";

/** What became of a list of packages, the worst last: a person reads from below. */
export function describeList(plan: ListPlan): string {
  const { added, missing, notInAur, failed, unknown } = plan;
  const leftOut = added.filter((one) => whyLeftOut(one) !== undefined);
  const taken = added.filter((one) => whyLeftOut(one) === undefined);
  return [
    `\n${taken.length} packages of the AUR:\n`,
    ...taken.map(line),
    ...section("Needed, and neither in the AUR nor in the distribution:", [
      ...missing.filter(({ aur }) => aur === undefined).map(({ pkgbase, name }) => `${name}, by ${pkgbase}`),
      ...(unknown ? [unknown.error.message] : []),
    ]),
    ...section("Not in the AUR:", notInAur),
    ...section(
      "Couldn't be fetched:",
      failed.map(({ message }) => message),
    ),
    ...section(
      "Left out; read these recipes, then: sluice add NAME/aur --accept-risk",
      leftOut.flatMap((one) => [
        `${one.pkgbase}: ${whyLeftOut(one)}`,
        ...one.findings
          .filter(({ severity }) => severity === "danger")
          .map(({ message }) => `  ${one.pkgbase}: ${message}`),
      ]),
    ),
  ].join("");
}

function line(one: ListPlan["added"][number]): string {
  const whom = one.neededBy.length > 0 ? ` for ${one.neededBy.join(", ")}` : "";
  return `  ${one.pkgbase} ${one.version ?? "of unknown version"}${whom}: ${one.verdict}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`\n${title}\n`, ...lines.map((line) => `  ${line}\n`)];
}

/** Whether something of the list isn't in the workspace. */
export function needsPerson({ added, notInAur, failed }: ListPlan): boolean {
  return notInAur.length > 0 || failed.length > 0 || added.some((one) => whyLeftOut(one) !== undefined);
}

export function listAsJson({ added, missing, notInAur, failed }: ListPlan): object {
  return {
    added: added.map((one) => ({
      pkgbase: one.pkgbase,
      version: one.version ?? null,
      verdict: one.verdict,
      findings: one.findings,
      neededBy: one.neededBy,
      leftOut: whyLeftOut(one) ?? null,
    })),
    missing,
    notInAur,
    failed: failed.map(({ code, message }) => ({ code, message })),
  };
}
