/**
 * Where the `}` stands that ends the body beginning with this `{`, or the `)` of one in a subshell: found by quotes, parentheses and comments alone,
 * which takes a fraction of the time that reading the commands takes. Undefined wherever that isn't certain; then
 * the body has to be read. The `}` has to be all that its line has.
 */
export function endOfBody(text: string, start: number): number | undefined {
  const isSubshell = text[start] === "(" && text[start + 1] !== "(";
  if (!isSubshell && (text[start] !== "{" || !isBlank(text[start + 1]))) return undefined;
  const place: Place = { nesting: isSubshell ? 1 : 0, isWary: false };
  const end = endOfCode(text, start + 1, place);
  if (end === undefined || (text[end + 1] ?? "\n") !== "\n") return undefined;
  if (!unclear.test(text.slice(start, end))) return end;
  // Mostly it stands in quotes or in a comment.
  return endOfCode(text, start + 1, { ...place, isWary: true });
}

interface Place {
  /** How many substitutions it's in. */
  readonly nesting: number;
  /** Other functions and cases have to be looked for. */
  readonly isWary: boolean;
}

/** Other functions, which count wherever they stand, and what has parentheses that pair up with none. */
const unclear = /\((?:[ \t]|\\\n)*\)|\b(?:function|case)\b/;
const unclearWord = /\b(?:function|case)\b/;
const emptyParentheses = /\((?:[ \t]|\\\n)*\)/y;

const plainCode = /[^\n\\'"#$()<[\]{}`]*/y;
const plainQuoted = /[^\\"$`]*/y;
/** A parameter whose braces hold neither quotes nor expansions. */
const braced = /\$\{[!#]?\w+(?:\[[\w@*]*\])?(?:[^\w{}"'`\\$()<>\n[][^{}"'`\\$()<>\n]*)?\}/y;

const deepestNesting = 50;

/**
 * Of a body (nesting 0) the place of its `}`; of what is in parentheses the place of the one that closes them.
 * Whatever bash may read in another way is unclear.
 */
function endOfCode(text: string, start: number, place: Place): number | undefined {
  const { nesting, isWary } = place;
  let depth = nesting > 0 ? 1 : 0;
  let inTest = false;
  let from = start;
  for (let at = after(plainCode, text, from); at < text.length; at = after(plainCode, text, from)) {
    if (isWary && unclearWord.test(text.slice(from, at))) return undefined;
    switch (text[at]) {
      case "\n":
        if (inTest) return undefined;
        break;
      case "\\":
        // A line that is continued within a word could hide an operator's other half.
        if (text[at + 1] === "\n" && !isBlank(text[at - 1])) return undefined;
        at += 1;
        break;
      case "'":
        at = text.indexOf("'", at + 1);
        if (at === -1) return undefined;
        break;
      case '"':
      case "$": {
        const end = text[at] === "$" ? endOfDollar(text, at, place) : endOfQuotes(text, at + 1, place);
        if (end === undefined) return undefined;
        at = end;
        break;
      }
      case "#":
        if (!isSeparator(text[at - 1])) break;
        if (depth > 0 || !isBlank(text[at - 1])) return undefined;
        at = text.indexOf("\n", at) - 1;
        if (at < 0) return undefined;
        break;
      case "(":
        // An empty list is none of them.
        if (isWary && text[at - 1] !== "=" && after(emptyParentheses, text, at) > 0) return undefined;
        depth += 1;
        break;
      case ")":
        if (depth === 0) return undefined;
        depth -= 1;
        if (nesting > 0 && depth === 0) return inTest ? undefined : at;
        break;
      case "<": {
        if (text[at + 1] !== "<") break;
        if (text[at + 2] === "<") {
          at += 2;
          break;
        }
        const end = depth === 0 && nesting === 0 && !inTest ? endOfDocument(text, at, isWary) : undefined;
        if (end === undefined) return undefined;
        at = end;
        break;
      }
      case "[":
        if (text[at + 1] === "[") inTest = true;
        break;
      case "]":
        if (text[at + 1] !== "]" || !isBlank(text[at - 1])) break;
        if (!isSeparator(text[at + 2])) return undefined;
        inTest = false;
        at += 1;
        break;
      case "{":
        if (standsAlone(text, at)) return undefined;
        break;
      case "}":
        if (!standsAlone(text, at)) break;
        return depth === 0 && !inTest && text[at - 1] === "\n" && text[at - 2] !== "\\" ? at : undefined;
      default:
        return undefined;
    }
    from = at + 1;
  }
  return undefined;
}

/** The place of the double quote that closes them. */
function endOfQuotes(text: string, start: number, place: Place): number | undefined {
  for (let at = after(plainQuoted, text, start); at < text.length; at = after(plainQuoted, text, at + 1)) {
    if (text[at] === '"') return at;
    if (text[at] === "`") return undefined;
    if (text[at] === "\\") {
      at += 1;
      continue;
    }
    // Before a quote it begins nothing here.
    const end = /['"]/.test(text[at + 1] ?? "") ? at : endOfDollar(text, at, place);
    if (end === undefined) return undefined;
    at = end;
  }
  return undefined;
}

/** The last place of the expansion that begins with this `$`, or the `$` itself. */
function endOfDollar(text: string, at: number, place: Place): number | undefined {
  switch (text[at + 1]) {
    case "(":
      return place.nesting < deepestNesting
        ? endOfCode(text, at + 2, { ...place, nesting: place.nesting + 1 })
        : undefined;
    case "{":
      braced.lastIndex = at;
      return braced.test(text) ? braced.lastIndex - 1 : undefined;
    case "'":
    case '"':
    case "[":
    case "\\":
      return undefined;
    case "#":
    case "$":
      return at + 1;
    default:
      return at;
  }
}

/** `<<`, a plain delimiter, and what else its line has, as far as that is plain. */
const documentOperator =
  /<<(?<tabs>-?)[ \t]*(?:(?<plain>\w+)|'(?<quoted>\w+)'|"(?<double>\w+)")(?=[ \t\n;>|&])(?:[\w \t;>|&=:.,/@%+-]|"(?:[\w \t=:.,/@%+-]|\$\w+|\$\{\w+\})*")*\n/y;

/** The last place before the end of the line that ends the here-document whose operator stands here. */
function endOfDocument(text: string, at: number, isWary: boolean): number | undefined {
  documentOperator.lastIndex = at;
  const { tabs, plain, quoted, double } = documentOperator.exec(text)?.groups ?? {};
  const delimiter = plain ?? quoted ?? double;
  if (delimiter === undefined) return undefined;
  for (let start = documentOperator.lastIndex; ;) {
    const end = text.indexOf("\n", start);
    if (end === -1) return undefined;
    const line = text.slice(start, end);
    if ((tabs === "-" ? line.replace(/^\t+/, "") : line) === delimiter) return end - 1;
    // Unless the delimiter is quoted, such a line goes on with the next one.
    if (plain !== undefined && (line.endsWith("\\") || (isWary && unclear.test(line)))) return undefined;
    start = end + 1;
  }
}

function after(run: RegExp, text: string, at: number): number {
  run.lastIndex = at;
  run.test(text);
  return run.lastIndex;
}

/** Whether a brace stands as a word of its own, and so may begin or end a group of commands. */
function standsAlone(text: string, at: number): boolean {
  return isSeparator(text[at - 1]) && isSeparator(text[at + 1]);
}

function isSeparator(char: string | undefined): boolean {
  return char === undefined || " \t\n;&|()<>".includes(char);
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t" || char === "\n";
}
