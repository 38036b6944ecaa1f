import type { Command } from "../../pkgbuild/grammar/syntax.ts";
import type { Pkgbuild } from "../files/side.ts";
import { type Installable, inertDifference } from "./inert-changes.ts";
import { plainAssignment } from "./plain-steps.ts";

/** Variables of the package that are assigned otherwise than before, and why that is inert; undefined where one isn't. */
export function inertValues(
  commands: readonly [readonly Command[], readonly Command[]],
  sides: Readonly<Record<"before" | "after", Pkgbuild>>,
  isInstallable: Installable | undefined,
): { readonly variables: ReadonlySet<string>; readonly reasons: readonly string[] } | undefined {
  const [was, is] = [assignedIn(commands[0]), assignedIn(commands[1])];
  const reasons: string[] = [];
  const variables = new Set<string>();
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(name) ?? [], is.get(name) ?? []];
    if (JSON.stringify(old) === JSON.stringify(now)) continue;
    // The first of two would hide the second.
    if (old.length > 1 || now.length > 1) return undefined;
    // What one function doesn't say, the top level does (makepkg(5), PACKAGE SPLITTING).
    const [before, after] = [old[0] ?? topLevel(sides.before, name), now[0] ?? topLevel(sides.after, name)];
    const reason =
      before &&
      after &&
      /^(?:(?:opt)?depends(?:_\w+)?|pkgdesc|license|url)$/.test(name) &&
      inertDifference(name, [before, after], sides, isInstallable);
    if (!reason) return undefined;
    variables.add(name);
    reasons.push(reason);
  }
  return { variables, reasons };
}

/** By its name, what each variable is assigned, in their order, where it is written out. */
function assignedIn(commands: readonly Command[]): ReadonlyMap<string, readonly (readonly string[])[]> {
  const assigned = new Map<string, (readonly string[])[]>();
  for (const command of commands) {
    const assignment = plainAssignment(command);
    if (!assignment) continue;
    const { name, texts } = assignment;
    assigned.set(name, [...(assigned.get(name) ?? []), texts]);
  }
  return assigned;
}

function topLevel({ evaluation }: Pkgbuild, name: string): readonly string[] | undefined {
  const held = evaluation().list(name);
  if (held === undefined) return [];
  if ("known" in held) return undefined;
  const texts = held.flatMap((value) => (value.known ? [value.text] : []));
  return texts.length === held.length ? texts : undefined;
}
