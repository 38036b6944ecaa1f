import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";
import { systemCode } from "../errors.ts";
import { namcapOf } from "./log.ts";

/** No report holds more lines than that; the worst are kept. */
const mostLines = 200;
const longest = { package: 150, tag: 100, message: 500 };

const line = z.object({
  level: z.enum(["error", "warning", "info"]),
  /** A package's name, or `PKGBUILD (name)`. */
  package: text(longest.package),
  tag: text(longest.tag),
  message: text(longest.message),
});

/** What namcap finds in what a build made. All texts are a stranger's, without characters that steer anything. */
export const namcapReport = z.object({
  /** `stopped`: it didn't come to its end, so there may be more. */
  state: z.enum(["ran", "stopped", "not-installed"]),
  /** Errors first. */
  lines: z.array(line).max(mostLines).readonly(),
  /** How many more there were. */
  left: z.int().min(0),
});

export type NamcapReport = Readonly<z.infer<typeof namcapReport>>;
type NamcapLine = Readonly<z.infer<typeof line>>;

const levels = { E: "error", W: "warning", I: "info" } as const;

/**
 * Reads what `namcap -m` prints: `NAME LEVEL: TAG DETAILS`, where the name is a package's or `PKGBUILD (name)`. What
 * isn't of that form is no finding and is left out.
 */
export function readNamcap(output: string, state: "ran" | "stopped"): NamcapReport {
  const found = new Map<string, NamcapLine>();
  for (const said of output.split("\n")) {
    const [, name = "", level = "E", tag = "", message = ""] =
      /^(PKGBUILD \([^()\s]+\)|[^\s:]+) ([EWI]): ([A-Za-z0-9_-]+)(?: (.*))?$/.exec(shown(said)) ?? [];
    if (tag === "") continue;
    const one = {
      level: levels[level as keyof typeof levels],
      package: name.slice(0, longest.package),
      tag: tag.slice(0, longest.tag),
      message: message.trim().slice(0, longest.message),
    };
    found.set(JSON.stringify(one), one);
  }
  const lines = Object.values(levels).flatMap((level) =>
    [...found.values()].filter((one) => one.level === level),
  );
  return { state, lines: lines.slice(0, mostLines), left: Math.max(0, lines.length - mostLines) };
}

/** A builder elsewhere may say anything. */
function text(most: number): z.ZodString {
  return z.string().max(most).overwrite(shown);
}

function shown(said: string): string {
  return said.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** Keeps a report beside the log of its build. */
export async function keepNamcap(log: string, report: NamcapReport): Promise<void> {
  const path = namcapOf(log);
  await writeFile(`${path}.tmp`, JSON.stringify(report));
  await rename(`${path}.tmp`, path);
}

/** Undefined where nothing was made, or by a builder that doesn't ask namcap. */
export async function keptNamcap(log: string): Promise<NamcapReport | undefined> {
  try {
    return namcapReport.parse(JSON.parse(await readFile(namcapOf(log), "utf8")));
  } catch (error) {
    const isCutOff = error instanceof SyntaxError || error instanceof z.ZodError;
    if (isCutOff || systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
