import type { Comparison } from "../values/comparison.ts";
import { readsBehind } from "../values/variables.ts";

/**
 * Whether a list of sources may come to something that isn't known, since what it is made of changed: then
 * nobody knows which commit, project or host is asked now, and .SRCINFO is written by whoever wrote the recipe.
 */
export function opaqueSources({
  after,
  written,
  changes,
  topLevelCode,
}: Comparison): (name: string, carch: string | undefined) => boolean {
  const changed = new Set(changes.map(({ name }) => name).filter((name) => !/sums(?:_\w+)?$/.test(name)));
  // Code that reads nothing of it does what it did.
  const code = topLevelCode.after
    .filter(({ reads }) =>
      [...reads].some((name) =>
        [name, ...readsBehind(name, written.after)].some((read) => changed.has(read)),
      ),
    )
    .map(({ form }) => form)
    .join("\n");
  return (name, carch) => {
    if (changed.size === 0) return false;
    const reached = new Set([name, ...readsBehind(name, written.after)]);
    if ([...reached].some((read) => read !== name && standsBare(read, code))) return true;
    const list = after.evaluation(carch).list(name);
    const isKnown = list === undefined || (!("known" in list) && list.every((value) => value.known));
    return !isKnown && (callsFunction(reached, after, written.after) || [...reached].some(follows));
  };

  function follows(read: string): boolean {
    return changed.has(read) || !(written.after.has(read) || isMakepkgs(read));
  }
}

type Written = Comparison["written"]["after"];

/**
 * As a word of a command that may set it: `read -r _tag`, `printf -v _tag`. What plain assignments and loops give,
 * the evaluation knows.
 */
function standsBare(name: string, code: string): boolean {
  const bare = new RegExp(String.raw`(?<![\w$\{])${name}(?!\w)`);
  const bareBesideAssignments = new RegExp(String.raw`(?<![\w$\{]|\bfor )${name}(?![\w=])`);
  const [outside, inside] = [code.replace(quotedText, '""'), (code.match(quotedText) ?? []).join(" ")];
  return bare.test(inside) || bareBesideAssignments.test(outside);
}

/** As forms have it. */
const quotedText = /"(?:[^"\\]|\\.)*"/g;

function callsFunction(reached: ReadonlySet<string>, after: Comparison["after"], written: Written): boolean {
  const forms = [...reached].flatMap((name) => written.get(name)?.forms ?? []).join("\n");
  return [...after.recipe.functions.keys()].some((name) => forms.includes(name));
}

function isMakepkgs(name: string): boolean {
  return /^(?:CARCH|CHOST|srcdir|startdir|pkgdir|HOME|PWD)$/.test(name);
}
