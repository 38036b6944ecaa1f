import type { Kind } from "./kind.ts";
import { erlang } from "./kinds/erlang.ts";
import { haskell } from "./kinds/haskell.ts";
import { kernel } from "./kinds/kernel.ts";
import { kwin } from "./kinds/kwin.ts";
import { node } from "./kinds/node.ts";
import { ocaml } from "./kinds/ocaml.ts";
import { perl } from "./kinds/perl.ts";
import { php } from "./kinds/php.ts";
import { python } from "./kinds/python.ts";
import { qt5, qt6 } from "./kinds/qt.ts";
import { ruby } from "./kinds/ruby.ts";

/** What packages need beside libraries. A new kind is a file and its name here. */
export const kinds: readonly Kind[] = [
  python,
  perl,
  ruby,
  node,
  qt5,
  qt6,
  kwin,
  php,
  erlang,
  haskell,
  ocaml,
  kernel,
];

/** As people say it: `libfoo.so.1`, `Python 3.12`. */
export function describeNeed(need: string): string {
  const colon = need.indexOf(":");
  const [name, value] = [need.slice(0, colon), need.slice(colon + 1)];
  const kind = kinds.find((one) => one.name === name);
  if (kind) return `${kind.title} ${value}`;
  if (name === "package") return value;
  return name === "x86_64-64" ? value : `${value} (${name})`;
}
