import { bareText, hasBraces } from "../grammar/constants.ts";
import { normaliseScript } from "./normalise.ts";
import type { Literal, Word, WordPart } from "../grammar/syntax.ts";

/**
 * How much quoting means where a word stands. `plain`: what bash would split, match or expand. `assigned`:
 * nothing is split. `exact`: it decides over every character. `arithmetic`: blanks mean nothing.
 */
export type WordPlace = "plain" | "assigned" | "exact" | "arithmetic";

/** Text in JSON's quotes, bare text that means something to bash in angle brackets, expansions in braces. */
export function normaliseWord({ parts }: Word, place: WordPlace = "plain"): string {
  const exact =
    place === "exact" || (place === "plain" || place === "assigned" ? needsExactness(parts) : false);
  const pieces: string[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") pieces.push(JSON.stringify(text));
    text = "";
  };
  const inBraces = hasBraces(bareText(parts));
  for (const [at, part] of parts.entries()) {
    if (part.kind !== "literal") {
      flush();
      pieces.push(expansion(part, place));
      if (inBraces && isLengthened(part, parts[at + 1])) pieces.push("^");
    } else if (exact) {
      pieces.push(part.quoted ? JSON.stringify(part.text) : `<${JSON.stringify(part.text)}>`);
    } else if (place === "arithmetic") {
      const kept = withoutBlanks(part.text);
      text += part === parts[0] ? kept.trimStart() : kept;
    } else {
      for (const run of runs(part)) {
        if (!run.bare) text += run.text;
        else {
          flush();
          pieces.push(`<${run.text}>`);
        }
      }
    }
  }
  if (place === "arithmetic") text = text.trimEnd();
  flush();
  const hasText = parts.some((part) => part.kind === "literal" && part.text !== "");
  const hasEmpty = parts.some((part) => part.kind === "literal" && part.text === "");
  return pieces.join("") + (hasEmpty && !hasText && !exact ? '""' : "") || (place === "assigned" ? '""' : "");
}

/** `$a{b,c}` is `$ab $ac`, `{$a,b}c` is `$ac bc`: bash looks for variables only after it has put the words together. */
function isLengthened(part: WordPart, next: WordPart | undefined): boolean {
  if (part.kind !== "parameter" || part.braced || part.quoted) return false;
  return next?.kind === "literal" && !next.quoted && /^[{,}]/.test(next.text);
}

/** Where a quote may stand between the characters that belong together. */
function needsExactness(parts: readonly WordPart[]): boolean {
  const bare = parts.map((part) => (part.kind === "literal" && !part.quoted ? part.text : " ")).join("");
  return (
    /[~[]/.test(bare) ||
    (bare.includes("..") && hasBraces(bare)) ||
    parts.some((part) => part.kind === "literal" && !part.quoted && /[ \t\n]/.test(part.text))
  );
}

function runs({ text, quoted }: Literal): { text: string; bare: boolean }[] {
  if (quoted) return [{ text, bare: false }];
  return text.split(/([*?]+|[{},])/).map((run, position) => ({ text: run, bare: position % 2 === 1 }));
}

/** `a + b` is `a+b`, but `a - -b` isn't `a--b`. */
function withoutBlanks(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/(?<=\w) (?=\W)|(?<=\W) (?=\w)/g, "")
    .replaceAll(/^ (?=\W)|(?<=\W) $/g, "");
}

function expansion(part: Exclude<WordPart, Literal>, place: WordPlace): string {
  switch (part.kind) {
    case "parameter": {
      const index = part.index ? `[${normaliseWord(part.index)}]` : "";
      // `${a//b}` and `${a//b/}` are one.
      const [first, ...others] = part.operands;
      const said = first && others.every(({ parts }) => parts.length === 0) ? [first] : part.operands;
      const operands = said.map((operand) => ` ${normaliseWord(operand, "exact")}`).join("");
      const inner = `${part.prefix}${part.name}${index}${part.operator && ` ${part.operator}`}${operands}`;
      const plain = part.operator === "" && !/^[@*]$/.test(part.name) && part.index === undefined;
      return marked(`{${inner}}`, part.quoted || (place === "assigned" && plain));
    }
    case "substitution":
      return marked(
        `{${part.direction}(${normaliseScript(part.script)})}`,
        part.quoted || (place === "assigned" && part.direction === "$"),
      );
    case "arithmetic":
      return marked(
        `{((${normaliseWord(part.expression, "arithmetic")}))}`,
        part.quoted || place === "assigned",
      );
    case "extended-pattern": {
      const alternatives = part.alternatives.map((alternative) => normaliseWord(alternative, "exact"));
      return `{${part.operator}(${alternatives.join("|")})}`;
    }
  }
}

/** An expansion that isn't quoted is split into words. */
function marked(inner: string, quoted: boolean): string {
  return quoted ? inner : `split${inner}`;
}
