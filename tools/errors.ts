/** Facts about where an error happened; shown to the person and kept in `--json`. */
export interface ErrorFacts {
  readonly pkgbase?: string;
  readonly path?: string;
  readonly [fact: string]: string | number | readonly string[] | undefined;
}

/**
 * The one class of errors that Sluice expects: what happened (`message`), where (`facts`) and what to do
 * next (`hint`). Anything else that is thrown is a bug and keeps its stack.
 */
export class SluiceError extends Error {
  override readonly name = "SluiceError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly facts: ErrorFacts;
  /** 1: ran, something needs a person. 2: wrong usage, configuration or set-up. */
  readonly exitCode: 1 | 2;

  constructor(
    code: string,
    message: string,
    options: { hint?: string; facts?: ErrorFacts; exitCode?: 1 | 2; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.facts = options.facts ?? {};
    this.exitCode = options.exitCode ?? 2;
  }
}

/** What happened and what to do next, where there is one line for both. */
export function inOneLine({ message, hint }: Pick<SluiceError, "message" | "hint">): string {
  if (!hint) return message;
  return `${message}${/[.!?:]$/.test(message.trimEnd()) ? "" : "."} ${hint}`;
}

/** The system's code of an error (`ENOENT`, …), or undefined where it has none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
