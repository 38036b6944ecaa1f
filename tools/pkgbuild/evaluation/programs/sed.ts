import { RegularExpression } from "./regular-expression.ts";
import { type Budget, NotStatic } from "../values.ts";

interface Substitution {
  readonly expression: RegularExpression;
  /** Text, and the numbers of groups; 0 is the whole match. */
  readonly replacement: readonly (string | number)[];
  readonly everywhere: boolean;
}

/**
 * What `sed` prints of a line: scripts that only substitute, as recipes do with their version.
 *
 * @throws NotStatic for every other command, address and flag
 */
export function sed(args: readonly string[], line: string, budget: Budget): string {
  const { script, extended } = readArguments(args);
  return readScript(script, extended).reduce((text, each) => substitute(text, each, budget), line);
}

function readArguments(args: readonly string[]): { script: string; extended: boolean } {
  let extended = false;
  const scripts: string[] = [];
  const others: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at]!;
    if (/^-[Er]e?$|^--regexp-extended$/.test(argument)) extended = true;
    if (/^-[Er]?e$/.test(argument)) scripts.push(args[(at += 1)] ?? "");
    else if (!/^-[Er]$|^--regexp-extended$/.test(argument)) others.push(argument);
  }
  const [script = "", ...files] = scripts.length > 0 ? [scripts.join("\n"), ...others] : others;
  if (files.length > 0 || script.startsWith("-")) throw notFollowed();
  return { script, extended };
}

function readScript(script: string, extended: boolean): Substitution[] {
  const substitutions: Substitution[] = [];
  for (let at = 0; ;) {
    while (/[ \t;\n]/.test(script[at] ?? "")) at += 1;
    if (at >= script.length) return substitutions;
    const delimiter = script[at + 1];
    if (script[at] !== "s" || delimiter === undefined || /[\\\n\w ]/.test(delimiter)) throw notFollowed();
    const pattern = upTo(script, at + 2, delimiter);
    const replacement = upTo(script, pattern.end, delimiter);
    // It would be the expression before.
    if (pattern.text === "") throw notFollowed();
    const [flags = ""] = /^[^;\n}]*/.exec(script.slice(replacement.end)) ?? [];
    if (!/^g?[ \t]*$/.test(flags)) throw notFollowed();
    substitutions.push({
      expression: new RegularExpression(pattern.text, extended ? "extended" : "basic"),
      replacement: readReplacement(replacement.text),
      everywhere: flags.startsWith("g"),
    });
    at = replacement.end + flags.length;
  }
}

/** The text up to the delimiter; what follows a backslash is no delimiter, but that character itself. */
function upTo(script: string, start: number, delimiter: string): { text: string; end: number } {
  let text = "";
  for (let at = start; at < script.length; at += 1) {
    const [char, next] = [script[at]!, script[at + 1]];
    if (char === "\n") throw notFollowed();
    if (char === delimiter) return { text, end: at + 1 };
    if (char === "\\" && next === delimiter) {
      // Where it means something in an expression, what remains is read in different ways.
      if (!/[/,#@:!%~_=-]/.test(delimiter)) throw notFollowed();
      text += delimiter;
    } else {
      text += char === "\\" ? char + (next ?? "") : char;
    }
    if (char === "\\") at += 1;
  }
  throw notFollowed();
}

function readReplacement(text: string): (string | number)[] {
  const parts: (string | number)[] = [];
  for (const [token] of text.matchAll(/\\[^]?|&|[^\\&]+/g)) {
    if (token === "&") parts.push(0);
    else if (!token.startsWith("\\")) parts.push(token);
    else if (/^\\[1-9]$/.test(token)) parts.push(Number(token[1]));
    else if (/^\\[-\\&./_+,:|]$/.test(token)) parts.push(token[1]!);
    else throw notFollowed();
  }
  return parts;
}

function substitute(
  text: string,
  { expression, replacement, everywhere }: Substitution,
  budget: Budget,
): string {
  let result = "";
  let at = 0;
  for (;;) {
    const found = expression.match(text, at);
    if (!found) break;
    // An empty match behind another one counts or not, by where it stands.
    if (everywhere && found.start === found.end) throw notFollowed();
    const { start, end, groups } = found;
    const groupText = (part: number): string => (part === 0 ? text.slice(start, end) : groupOf(groups, part));
    const made = replacement.map((part) => (typeof part === "string" ? part : groupText(part))).join("");
    result = budget.hold(result + text.slice(at, start) + made);
    at = end;
    if (!everywhere) break;
  }
  return budget.hold(result + text.slice(at));
}

function groupOf(groups: readonly string[], number: number): string {
  const text = groups[number - 1];
  if (text === undefined) throw notFollowed();
  return text;
}

function notFollowed(): NotStatic {
  return new NotStatic("its sed script isn't followed");
}
