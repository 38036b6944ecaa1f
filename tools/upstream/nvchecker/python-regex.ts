import { RE2JS } from "re2js";
import { SluiceError } from "../../errors.ts";
import { type NvcheckerEntry, textOption } from "./nvchecker-config.ts";

/**
 * A Python regular expression, matched by RE2 in time linear in the text. What RE2 can't do (looking ahead, back
 * references) is an error, never another meaning; `\d`, `\s` and `\w` are ASCII's here.
 */
export interface PythonRegex {
  readonly groups: number;
  /** As `re.fullmatch`. */
  matchesWhole(text: string): boolean;
  /** As `re.findall` with one group at most: the group where there is one, else the match. */
  findAll(text: string): string[];
  /** As `re.sub`. `template` may hold `\1`, `\g<1>` and `\g<name>`. */
  replaceAll(text: string, template: string): string;
}

/** More matches than a page of versions has; then the expression matches something else. */
const mostMatches = 100_000;

/**
 * Compiles an option's expression; undefined where the option isn't given or empty.
 *
 * @throws SluiceError `nvchecker-regex`
 */
export function regexOption(entry: NvcheckerEntry, option: string): PythonRegex | undefined {
  const pattern = textOption(entry, option);
  return pattern ? compile(pattern, `${entry.path}: ${option}`) : undefined;
}

function compile(pattern: string, where: string): PythonRegex {
  // What Python calls \Z, RE2 calls \z.
  const re2Pattern = pattern.replaceAll(/\\[\s\S]/g, (escape) =>
    escape === String.raw`\Z` ? String.raw`\z` : escape,
  );
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(re2Pattern, RE2JS.LOOKBEHINDS);
  } catch (cause) {
    throw regexError(`${where}: RE2 can't do ${JSON.stringify(pattern)}${reason(cause)}`, cause);
  }
  const groups = regex.groupCount();
  return {
    groups,
    matchesWhole: (text) => regex.matches(text),
    findAll(text) {
      // Python's `$` also matches before a newline at the very end, where a page of one line has its version.
      const matcher = regex.matcher(pattern.includes("$") ? text.replace(/\n$/, "") : text);
      const found: string[] = [];
      while (matcher.find()) {
        if (found.length === mostMatches) throw regexError(`${where} matches more than ${mostMatches} times`);
        found.push(matcher.group(groups === 0 ? 0 : 1) ?? "");
      }
      return found;
    },
    replaceAll(text, template) {
      const names = regex.namedGroups();
      const parts = readTemplate(template, groups, names, where);
      const matcher = regex.matcher(text);
      let result = "";
      let rest = 0;
      while (matcher.find()) {
        result += text.slice(rest, matcher.start());
        for (const part of parts) result += typeof part === "number" ? (matcher.group(part) ?? "") : part;
        rest = matcher.end();
      }
      return result + text.slice(rest);
    },
  };
}

/** A template as texts and group numbers. */
function readTemplate(
  template: string,
  groups: number,
  names: Readonly<Record<string, number>>,
  where: string,
): (string | number)[] {
  return template.split(/(\\g<[^>]*>|\\[1-9]\d?|\\[\s\S]?)/).map((part, index) => {
    if (index % 2 === 0) return part;
    if (part === "\\\\") return "\\";
    if (part === String.raw`\n`) return "\n";
    const group = groupNumber(part, names);
    if (group === undefined || group > groups) {
      throw regexError(`${where}: to_pattern has ${JSON.stringify(part)}, which is no group of from_pattern`);
    }
    return group;
  });
}

/** `\1` or `\g<1>` by its number, `\g<name>` by its name. */
function groupNumber(part: string, names: Readonly<Record<string, number>>): number | undefined {
  if (/^\\[1-9]\d?$/.test(part)) return Number(part.slice(1));
  const name = /^\\g<(.*)>$/.exec(part)?.[1];
  if (name === undefined) return undefined;
  if (/^\d+$/.test(name)) return Number(name);
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

function regexError(message: string, cause?: unknown): SluiceError {
  return new SluiceError("nvchecker-regex", message, {
    hint: "Write an expression that RE2 can match: https://github.com/google/re2/wiki/Syntax",
    cause,
  });
}

function reason(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message.replace("error parsing regexp: ", "")})` : "";
}
