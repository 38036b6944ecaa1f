/**
 * Whether a sed script runs a program: its command `e`, or the flag `e` of `s`. Commands stand at the beginning of a
 * line or behind `;`, `{` or an address (info sed, "sed scripts"). What isn't understood is looked at further on.
 */
export function runsProgram(script: string): boolean {
  for (let at = 0; at < script.length;) {
    at = skip(script, at, /[\s;{}]*/y);
    at = skipAddresses(script, at);
    const command = script[at];
    if (command === undefined) return false;
    if (command === "e") return true;
    if (command === "s") {
      const end = endOfSubstitution(script, at + 1, 2);
      if (end === undefined) return /[^\w\s]\w*e\w*\s*$/.test(script.slice(at));
      const flags = /[a-zA-Z0-9]*/y;
      flags.lastIndex = end;
      const text = flags.exec(script)?.[0] ?? "";
      // Behind `w` stands the name of a file.
      if (text.replace(/w.*/, "").includes("e")) return true;
      at = text.includes("w") ? endOfLine(script, end) : end + text.length;
    } else if (command === "y") {
      at = endOfSubstitution(script, at + 1, 2) ?? script.length;
    } else if (/[aicrRwWbtT:#]/.test(command)) {
      at = /[bt T:]/.test(command) ? skip(script, at + 1, /[^\n;}]*/y) : endOfLine(script, at);
    } else {
      at += 1;
    }
  }
  return false;
}

function skipAddresses(script: string, from: number): number {
  let at = from;
  for (let count = 0; count < 2; count += 1) {
    const before = at;
    if (script[at] === "/") at = endOfSubstitution(script, at, 1) ?? script.length;
    else if (script[at] === "\\") at = endOfSubstitution(script, at + 1, 1) ?? script.length;
    else at = skip(script, at, /(?:\d+(?:~\d+)?|\$|[+~]\d+)?/y);
    if (at > before) at = skip(script, at, /[IM]*/y);
    at = skip(script, at, /\s*,?\s*/y);
  }
  return skip(script, at, /[\s!]*/y);
}

/** Behind the last of `parts` delimiters that follow the one at `from`; undefined where they're missing. */
function endOfSubstitution(script: string, from: number, parts: number): number | undefined {
  const delimiter = script[from];
  let left = parts;
  for (let at = from + 1; at < script.length; at += 1) {
    const char = script[at];
    if (char === "\\") at += 1;
    // A list in brackets may hold the delimiter, in a pattern but not in what replaces it.
    else if (char === "[" && delimiter !== "[" && left === parts) at = endOfList(script, at);
    else if (char === delimiter) {
      left -= 1;
      if (left === 0) return at + 1;
    }
  }
  return undefined;
}

function endOfList(script: string, from: number): number {
  let at = from + (script[from + 1] === "^" ? 2 : 1);
  if (script[at] === "]") at += 1;
  for (; at < script.length && script[at] !== "]"; at += 1) {
    const [, kind] = /^\[([:.=])/.exec(script.slice(at, at + 2)) ?? [];
    if (kind !== undefined) {
      const end = script.indexOf(`${kind}]`, at + 2);
      if (end !== -1) at = end + 1;
    }
  }
  return at;
}

function endOfLine(script: string, from: number): number {
  const end = script.indexOf("\n", from);
  return end === -1 ? script.length : end + 1;
}

function skip(text: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from;
  return from + (pattern.exec(text)?.[0].length ?? 0);
}

/** The scripts among the words of `sed`. */
export function sedScripts(words: readonly string[]): string[] {
  const given = words.flatMap((word, at) => {
    const [, joined] = /^(?:-[nEruzsi]*e|--expression=)(.+)$/s.exec(word) ?? [];
    if (joined !== undefined) return [joined];
    return /^(?:-[nErsuzi]*e|--expression)$/.test(words[at - 1] ?? "") ? [word] : [];
  });
  if (given.length > 0) return given;
  const first = words.find((word) => !word.startsWith("-"));
  return first === undefined ? [] : [first];
}
