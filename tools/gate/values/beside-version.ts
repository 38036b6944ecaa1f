import type { Pkgbuild } from "../files/side.ts";
import type { Written } from "./variables.ts";

/** What reads a variable without naming it, or under a name that is put together. */
const indirect =
  /\$\{!|\beval\b|\bdeclare\b|\btypeset\b|\blocal\s+-\w*n|\bprintf\s+-v|\bset\s+-\w*a|\bread\b|\bmapfile\b|\breadarray\b/;

/**
 * Whether a variable stands beside the version in addresses of sources and nowhere else, as the number of a build
 * does: `v$pkgver-$_build.tar.gz`. By itself, in a step of its own, such a number names anything: a project, a
 * request to merge, an upload. In code it may be a mode or a switch.
 */
export function besideVersion(
  sides: readonly Pkgbuild[],
  written: readonly ReadonlyMap<string, Written>[],
): (name: string) => boolean {
  return (name) =>
    /^_[a-z]\w*$/.test(name) &&
    sides.every(({ text }, at) => {
      const sources = [...(written[at] ?? [])].filter(([one]) => /^source(?:_\w+)?$/.test(one));
      const forms = sources.flatMap(([, { forms }]) => forms);
      const all = forms.join(" ");
      const version = String.raw`\{pkgver(?: [^}]*)?\}`;
      const between = String.raw`(?:"[-._+a-z]{0,8}")?`;
      const own = String.raw`\{${name}\}`;
      const beside = new RegExp(`${version}${between}${own}|${own}${between}${version}`, "g");
      const inSources = all.split(`{${name}}`).length - 1;
      const mentions = text.match(new RegExp(String.raw`\b${name}\b`, "g"))?.length ?? 0;
      return (
        !indirect.test(text) &&
        inSources > 0 &&
        mentions === inSources + 1 &&
        all.match(beside)?.length === inSources
      );
    });
}
