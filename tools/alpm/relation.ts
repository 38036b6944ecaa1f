export type Operator = "=" | "<" | ">" | "<=" | ">=";

/** One entry of `depends`, `provides`, `conflicts` and the like. */
export interface Relation {
  /** A pkgname or whatever else a package provides: `foo`, `libfoo.so`, `gtk+`, `perl(Foo)`. */
  readonly name: string;
  readonly operator?: Operator;
  /** Present with an operator; a full version, a part of one, or a soname's `1-64`. Empty in `foo>=`. */
  readonly version?: string;
  /** What `optdepends` says after `: `. */
  readonly description?: string;
}

/**
 * Reads `name[<op>version][: description]` exactly as pacman does (`alpm_dep_from_string` in libalpm's
 * deps.c): nothing is trimmed or refused. The colon of a description has a space behind it, that of an
 * epoch has not. The first `<` ends the name, else the first `>`, else the first `=`.
 */
export function parseRelation(text: string): Relation {
  const colon = text.indexOf(": ");
  if (colon === -1) return parseRequirement(text);
  return { ...parseRequirement(text.slice(0, colon)), description: text.slice(colon + 2) };
}

function parseRequirement(text: string): Relation {
  const at = operatorIndex(text);
  if (at === -1) return { name: text };
  const operator = operatorAt(text, at);
  return { name: text.slice(0, at), operator, version: text.slice(at + operator.length) };
}

function operatorIndex(requirement: string): number {
  for (const sign of ["<", ">", "="]) {
    const at = requirement.indexOf(sign);
    if (at !== -1) return at;
  }
  return -1;
}

function operatorAt(requirement: string, at: number): Operator {
  const orEqual = requirement[at + 1] === "=";
  switch (requirement[at]) {
    case "<":
      return orEqual ? "<=" : "<";
    case ">":
      return orEqual ? ">=" : ">";
    default:
      return "=";
  }
}
