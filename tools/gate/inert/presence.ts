import { commandName, constantText } from "../../pkgbuild/grammar/constants.ts";
import type { SimpleCommand, Word } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";

/**
 * Whether a recipe's code does something else where a program, a package or a file of the system is there: by asking
 * for it. What a build finds out by itself, with `configure` or `||`, isn't seen here.
 */
export function asksWhatIsThere({ script }: Recipe): boolean {
  let found = false;
  walkScript(script, {
    function: () => true,
    simple: (command) => void (found ||= asks(command)),
    compound: (compound) =>
      void (found ||=
        (compound.kind === "for" || compound.kind === "select") &&
        (compound.words ?? []).some(isSystemPattern)),
    assignment: ({ value }) =>
      void (found ||= value.kind === "array" && value.elements.some(({ word }) => isSystemPattern(word))),
    test: (expression) =>
      void (found ||=
        expression.kind === "unary" &&
        fileTest.test(expression.operator) &&
        (expression.operator === "-x" || (constantText(expression.word) ?? "").startsWith("/"))),
  });
  return found;
}

/** Whether it's a pattern that finds files of the system. */
function isSystemPattern({ parts: [first] }: Word): boolean {
  return first?.kind === "literal" && !first.quoted && /^\/.*[*?[]/.test(first.text);
}

/** bash(1), CONDITIONAL EXPRESSIONS: those about files. */
const fileTest = /^-[a-hkprstuwxGLNOS]$/;

const asking = new Set(
  "type which whereis hash pacman pacman-conf vercmp pkgconf pkg-config ldconfig whence".split(" "),
);

function asks(command: SimpleCommand): boolean {
  const name = commandName(command) ?? "";
  if (asking.has(name)) return true;
  if (command.words.some((argument) => argument.kind === "word" && isSystemPattern(argument.word)))
    return true;
  const rest = command.words
    .slice(1)
    .map((argument) => (argument.kind === "word" ? (constantText(argument.word) ?? "") : ""));
  if (/^(?:find|ls|fd)$/.test(name))
    return rest.some((text) => /^\/(?:usr|bin|lib|opt|etc|var|$)/.test(text));
  if (name === "command" || name === "builtin") return /^-[vVp]|^(?:type|hash|command)$/.test(rest[0] ?? "");
  const isTest = name === "test" || name === "[";
  return (
    isTest &&
    rest.some((text, at) => text === "-x" || (fileTest.test(text) && (rest[at + 1] ?? "").startsWith("/")))
  );
}
