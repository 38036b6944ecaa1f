/**
 * Why a stage failed, in one line for people: the last error it said, what that was about, and the next step. Of a
 * function of the recipe that failed, what its commands said last: makepkg's own summary doesn't say why.
 *
 * @param output the end of what it said
 */
export function describeFailure(what: string, code: number, output: string): string {
  const failed = failedFunction(output);
  if (failed) return inOneLine(`${failed.name}() failed: ${failed.said.join(" / ")}`);
  const error = lastError(output);
  const details = [...output.matchAll(notVerified)].map(([, file, why]) => (why ? `${file}: ${why}` : file));
  const about = [...new Set(details)].join(", ");
  const reason = inOneLine(error ? `${error}${about ? ` (${about})` : ""}` : exitMeaning(code));
  const hint = nextSteps.find(([pattern]) => pattern.test(error ?? ""))?.[1];
  return `${what} failed: ${reason}${/[.!?]$/.test(reason) ? "" : "."}${hint ? ` ${hint}` : ""}`;
}

/** A stranger's words; what steers a terminal is none of the message's business. */
function inOneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, "").replace(/\p{Cc}/gu, "");
}

/**
 * The function of the recipe that failed, and the lines of its commands that say why; undefined where none failed
 * or none said a word.
 */
function failedFunction(output: string): { name: string; said: readonly string[] } | undefined {
  const summary = [...output.matchAll(/^==> ERROR: A failure occurred in ([\w.@+-]+)\(\)\.$/gm)].at(-1);
  if (!summary) return undefined;
  const [, name = ""] = summary;
  const start = output.lastIndexOf(`==> Starting ${name}()...`, summary.index);
  const lines = output
    .slice(start === -1 ? 0 : output.indexOf("\n", start) + 1, summary.index)
    .split("\n")
    .map((line) => inOneLine(line).trim())
    .filter((line) => line !== "");
  const errors = lines.filter((line) => /(?:^|[\s:])(?:fatal )?error(?:\[\w+\])?: /i.test(line));
  // A compiler says the cause first, and the rest follows from it; other programs say it last.
  const said = errors.length > 0 ? errors.slice(0, shownLines) : lines.slice(-shownLines);
  return said.length === 0 ? undefined : { name, said: said.map((line) => line.slice(0, 200)) };
}

const shownLines = 3;

/** What makepkg, pacman and Git say of a file: `    foo.sig ... FAILED (unknown public key 0123)`. */
const notVerified = /^ {4}(\S.*?) \.\.\. FAILED(?: \((.*)\))?$/gm;

/** makepkg's errors count more than those of what it runs, which come before. */
function lastError(output: string): string | undefined {
  for (const pattern of [/^==> ERROR: (.+)$/gm, /^error: (.+)$/gm]) {
    const last = [...output.matchAll(pattern)].at(-1)?.[1];
    if (last !== undefined) return last.slice(0, 500);
  }
  return undefined;
}

const nextSteps: readonly (readonly [RegExp, string])[] = [
  [
    /validity check/,
    "What was fetched isn't what the recipe's checksums are of: find out why it changed, then update them with updpkgsums.",
  ],
  [
    /PGP signatures could not be verified/,
    "Where the signer is to be trusted, put the public key into keys/pgp/<fingerprint>.asc and its fingerprint into validpgpkeys.",
  ],
  [/not found in the build directory/, "Commit the file to the package's folder, or take it out of source."],
  [
    /[Ff]ailure while (?:downloading|updating)/,
    "Is the address in source right, and does its server answer?",
  ],
  [/(?:source|parse) .*PKGBUILD/, "`bash -n PKGBUILD` shows the line."],
  [/A failure occurred in/, "Nothing was said about why; the log has all of it."],
  [/target not found/, "Neither this workspace nor the distribution's repositories have it."],
];

/**
 * Whether it failed for lack of memory, by what compilers and allocators say then. It is a stranger's word, which
 * earns one more try at most.
 */
export function isOutOfMemory(output: string): boolean {
  return /cannot allocate memory|memory exhausted|std::bad_alloc|out of memory|killed signal terminated program/i.test(
    output.slice(-16_384),
  );
}

/** Whether makepkg or pacman ended because a server didn't give what it was asked for. */
export function isDownloadFailure(output: string): boolean {
  return /failure while (?:downloading|updating|creating working copy)|failed (?:retrieving file|to synchronize)|download library error/i.test(
    lastError(output) ?? "",
  );
}

/** makepkg(8), "Errors". */
const makepkgErrors: Readonly<Record<number, string>> = {
  1: "its error is in the log",
  2: "error in makepkg's configuration",
  4: "a function of the PKGBUILD failed",
  5: "no viable package came out",
  6: "a source or auxiliary file is missing",
  7: "the package folder is missing",
  8: "dependencies are missing",
  11: "no permission to write",
  12: "the PKGBUILD can't be parsed",
  15: "programs that makepkg needs are missing",
};

/** A shell reports 128 and the signal's number; signal(7) has 1 to 64. */
const lastSignal = 64;

function exitMeaning(code: number): string {
  const meaning = makepkgErrors[code];
  if (meaning) return `${meaning} (exit code ${code})`;
  return code > 128 && code <= 128 + lastSignal ? `ended by signal ${code - 128}` : `exit code ${code}`;
}
