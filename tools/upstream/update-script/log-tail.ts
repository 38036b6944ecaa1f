/** The end of what a program says, bounded and made inert. */
export interface LogTail {
  write(chunk: Uint8Array): void;
  text(): string;
}

const mostBytes = 65536;

export function logTail(): LogTail {
  let kept: Buffer = Buffer.alloc(0);
  let cut = false;
  return {
    write(chunk) {
      kept = Buffer.concat([kept, chunk]);
      cut ||= kept.length > mostBytes;
      if (kept.length > 2 * mostBytes) kept = kept.subarray(-mostBytes);
    },
    text() {
      const said = inert(kept.subarray(-mostBytes).toString());
      return cut ? `… (the beginning is left out)\n${said}` : said;
    },
  };
}

/**
 * Without what terminals and CI platforms act on: control and invisible characters, and GitHub's commands, which
 * are lines that begin with `::` or hold `##[`.
 */
function inert(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(/[^\P{C}\n\t]/gu, "")
    .replaceAll("##[", "## [")
    .replace(/^(\s*):(?=:)/gmu, "$1: ");
}
