import colors from "picocolors";
import { systemCode, type SluiceError } from "../../errors.ts";

/** The log goes to standard error, results to standard output. */
const paint = colors.createColors(useColors(process.stderr));

export function warn(message: string): void {
  process.stderr.write(`${paint.yellow("warning:")} ${printable(message)}\n`);
}

export function info(message: string): void {
  process.stderr.write(`${printable(message)}\n`);
}

/** What happened, and what to do next. */
export function reportError(error: SluiceError): number {
  process.stderr.write(`${paint.red("error:")} ${printable(error.message)}\n`);
  if (error.hint) process.stderr.write(`${paint.bold("next:")} ${printable(error.hint)}\n`);
  return error.exitCode;
}

/** Anything unexpected is a defect of Sluice: it keeps its stack. */
export function reportBug(error: unknown): number {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${paint.red("bug:")} ${printable(stack)}\n`);
  process.stderr.write("This is a defect of Sluice. Please report it with the lines above.\n");
  return 2;
}

/**
 * A reader that has seen enough (`sluice deptree | head`) is no error, and what a run still has to do it does. A
 * full disk behind standard output is one.
 */
export function reportLostOutput(error: Error): void {
  if (systemCode(error) === "EPIPE") return;
  process.once("exit", () => {
    process.exitCode = 2;
  });
  process.stderr.write(`${paint.red("error:")} the output can't be written (${systemCode(error)})\n`);
}

/**
 * Names, messages and what other programs say is anybody's text: control characters that would let it move the
 * cursor, rewrite what is above or hide are shown as escapes. Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (char) => {
    return char === "\n" || char === "\t" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Colours only on a terminal; NO_COLOR and FORCE_COLOR as everywhere. */
export function useColors(stream: { isTTY?: boolean }): boolean {
  if (process.env["NO_COLOR"]) return false;
  return Boolean(process.env["FORCE_COLOR"]) || (stream.isTTY === true && process.env["TERM"] !== "dumb");
}
