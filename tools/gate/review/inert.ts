/**
 * Upstream's text made inert: shown to people, understood by no program.
 *
 * What stands in a review may also reach main, because forges offer to make a squash commit's message of a
 * review's description. There code spans and fences mean nothing, so what a forge or Sluice itself would act on
 * is broken in the text, too. Every change is visible to the reader; no invisible character is added.
 */

/**
 * One line of Markdown that shows the text as code, safe within a sentence, a list or a table. Line breaks become
 * spaces; nothing for nothing. `longest`: of the text, in UTF-16 code units; what is cut is counted.
 */
export function inertInline(text: string, longest = 300): string {
  // A table is cut at every bar before code spans are looked for.
  const line = broken(oneLine(clipped(text, longest))).replaceAll("|", "¦");
  if (line === "") return "";
  const fence = "`".repeat(longestRun(line, "`") + 1);
  return fence.length > 1 ? `${fence} ${line} ${fence}` : `\`${line}\``;
}

/**
 * A fenced code block. It is moved right by one space where a line of it could be taken for a command, a fence or
 * a trailer: GitLab looks for quick actions with a pattern that knows no fences longer than three.
 */
export function inertBlock(text: string, language = ""): string {
  const lines = broken(visible(text.replace(/\r\n?/g, "\n")).replace(/\n+$/, "")).split("\n");
  const shift = lines.some((line) => startsSomething.test(line)) ? " " : "";
  const content = lines.map((line) => `${shift}${line}`.trimEnd()).join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(content, "`") + 1));
  return `${fence}${language}\n${content}\n${fence}`;
}

/** One line for a commit message: no trailer, directive, reference, mention or address survives in it. */
export function inertMessage(text: string): string {
  const line = broken(oneLine(text)).replaceAll("://", ": //");
  return startsSomething.test(line) ? `> ${line}` : line;
}

/** Cut at `longest` UTF-16 code units, never within a character; says how much is missing. */
export function clipped(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const end = /[\uD800-\uDBFF]/.test(text[longest - 1] ?? "") ? longest - 1 : longest;
  return `${text.slice(0, end)}… (${text.length - end} more characters)`;
}

/** A quick action, a fence, a quotation, a trailer, a comment. */
const startsSomething = /^\s*(?:\/|`{3}|~{3}|>{3}|#|[A-Za-z][A-Za-z0-9-]*\s*:)/;

function oneLine(text: string): string {
  return visible(text.replace(/[\t\n\v\f\r ]+/g, " ").trim());
}

/** Control, bidirectional, joining and otherwise invisible characters as `<U+202E>`. */
function visible(text: string): string {
  return text.replace(invisible, (character) => {
    const code = character.codePointAt(0)!.toString(16).toUpperCase();
    return `<U+${code.padStart(4, "0")}>`;
  });
}

/** The last ones are blank without being white space, or white space that isn't the one it looks like. */
const invisible =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** Takes the meaning from what forges, pipelines and Sluice act on wherever it stands. */
function broken(text: string): string {
  return directives.reduce((so, [pattern, replacement]) => so.replace(pattern, replacement), text);
}

const directives: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // [skip ci], [ci skip], [no ci], [skip actions], [deploy …], [undeploy …], GitLab's [issue:1]
  [
    /\[(?=\s*(?:skip|ci|no|actions?|deploy|undeploy|issue|epic|work_item|merge_request)(?![A-Za-z0-9]))/gi,
    "(",
  ],
  [/\*{3}(?=NO_CI)/gi, "* * *"],
  // skip-checks: true, a trailer of GitHub's
  [/skip-checks(?=\s*:)/gi, "skip checks"],
  // @mention and @team
  [/(?<![A-Za-z0-9_])@(?=[A-Za-z0-9_.])/g, "@ "],
  // #1, !1, &1, GH-1, behind a closing keyword or not; behind one also what trackers beside the forge close
  [/([#!&])(?=\d)/g, "$1 "],
  [/\bGH-(?=\d)/gi, "GH- "],
  [/\b((?:clos|fix|resolv|implement)\w*[\s:]+[A-Z][A-Z0-9_]+-)(?=\d)/gi, "$1 "],
  [/:\/\/(?=\S*\/(?:issues|pull|pulls|merge_requests|work_items|epics)\/\d)/gi, ": //"],
];

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const each of text) {
    run = each === character ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
