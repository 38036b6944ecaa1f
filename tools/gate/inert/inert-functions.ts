import { diffArrays } from "diff";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import type { Pkgbuild } from "../files/side.ts";
import type { Installable } from "./inert-changes.ts";
import { installsDocument, leavesDocumentsAlone } from "./installed-documents.ts";
import { inertValues } from "./package-values.ts";
import { commandsOf, plainAssignment } from "./plain-steps.ts";

/**
 * Why a change of a `package` function can do no harm: it differs by nothing but commands that put documents of
 * the source, licenses and icons where they belong, and by values of the package that would be inert at top level.
 * Undefined where it may.
 */
export function inertFunctionReason(
  name: string,
  before: Pkgbuild,
  after: Pkgbuild,
  isInstallable: Installable | undefined,
): string | undefined {
  if (!/^package(?:_|$)/.test(name) || after.recipe.functions.has("install")) return undefined;
  const sides = { before, after };
  const [old, now] = [before, after].map(({ recipe }) => commandsOf(recipe.functions.get(name) ?? []));
  if (!old || !now) return undefined;
  const values = inertValues([old, now], sides, isInstallable);
  if (!values) return undefined;
  const [was, is] = [old, now].map((commands) =>
    commands
      .filter((command) => !values.variables.has(plainAssignment(command)?.name ?? ""))
      .map(normaliseCommand),
  ) as [string[], string[]];
  // Elsewhere than where makepkg says, they would be put anywhere.
  if ([...was, ...is].some((form) => /\b(?:pkgdir|srcdir|pkgname|pkgbase|pkgver)\b(?:=|"?\s*$)/.test(form)))
    return undefined;
  const installs = new Set([...old, ...now].filter(installsDocument).map(normaliseCommand));
  const differences = diffArrays(was, is).filter(({ added, removed }) => added || removed);
  if (!differences.every(({ value }) => value.every((form) => installs.has(form)))) return undefined;
  if (differences.length > 0 && ![before, after].every(leavesDocumentsAlone)) return undefined;
  const reasons = [
    ...(differences.length > 0
      ? ["other documents, licenses or icons of the source go into the package"]
      : []),
    ...values.reasons,
  ];
  return `${name}(): ${reasons.join("; ")}`;
}
