import { ordersInFunction } from "../known/obeyed-variables.ts";
import { givesOrders } from "../known/obeyed-options.ts";
import type { SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { type Names, type Run, textOfWord } from "../commands/resolved-words.ts";

/** Settings that name a program or a folder elsewhere, with values that don't. */
const harmless: readonly (readonly [name: RegExp, value: RegExp])[] = [
  // Where the build's own libraries lie while it runs; only the build sees it.
  [/^LD_LIBRARY_PATH$/, /^/],
  [
    /^NODE_OPTIONS$/,
    /^(?:\s*--(?:max[-_]old[-_]space[-_]size=\d+|openssl-legacy-provider|stack-trace-limit=\d+|no-warnings))*\s*$/,
  ],
];

/** In a build's function: how words are split for one `read`, libraries of the build, submodules that aren't wanted. */
export function isUsualOrder(run: Run, command: SimpleCommand, names: Names): boolean {
  const set = [
    ...command.assignments.map(
      ({ name, value }) => [name, value.kind === "scalar" ? textOfWord(value.word, names) : "${…}"] as const,
    ),
    ...run.arguments.flatMap((word) => {
      const [, name, value] = /^([A-Za-z_]\w*)\+?=(.*)$/s.exec(word) ?? [];
      return name === undefined ? [] : [[name, value ?? ""] as const];
    }),
  ];
  const ordering = set.filter(([name, value]) => ordersInFunction(name, value));
  const areFine = ordering.every(
    ([name, value]) =>
      (name === "IFS" && /^(?:read|local)$/.test(run.name ?? "")) ||
      harmless.some(([fits, values]) => fits.test(name) && values.test(value)),
  );
  if (!areFine) return false;
  if (!givesOrders(run)) return ordering.length > 0;
  return run.name === "git" && run.arguments.includes("config") && isLeftOut(run.arguments);
}

/** `git config submodule.X.update none`: it isn't fetched. */
function isLeftOut(words: readonly string[]): boolean {
  const at = words.findIndex((word) => /^submodule\..*\.update$/.test(word));
  return (
    at !== -1 &&
    at === words.length - 2 &&
    /^(?:none|checkout)$/.test(words[at + 1] ?? "") &&
    words
      .slice(0, at)
      .every(
        (word, before) =>
          /^(?:config|--local|-C|-f|\.gitmodules|--file)$/.test(word) || words[before - 1] === "-C",
      )
  );
}
