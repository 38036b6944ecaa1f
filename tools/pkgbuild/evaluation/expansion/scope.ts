import type { Script } from "../../grammar/syntax.ts";
import type { Budget, Variable } from "../values.ts";
import type { PatternPiece } from "./patterns.ts";

/** What expanding a word needs of the shell that it's expanded in. */
export interface Scope {
  readonly budget: Budget;
  /** Undefined where it isn't set; throws NotStatic where that isn't known. */
  get(name: string): Variable | undefined;
  /** Whether the recipe itself set it so far. */
  sets(name: string): boolean;
  /** A function's; undefined outside of one. */
  readonly arguments: readonly string[] | undefined;
  /** As `EvaluateOptions` says. */
  readonly clean: boolean;
  /** For `[[ text =~ expression ]]`. */
  setMatched(texts: readonly string[]): void;
  /** For `${name:=word}`. */
  set(name: string, text: string): void;
  /** What the commands would print, without the line ends behind it; throws NotStatic where they'd have to be run. */
  output(script: Script): string;
}

/** A stretch of expanded text. Only what came from an expansion and isn't quoted is split into words. */
export interface Piece extends PatternPiece {
  readonly expanded: boolean;
  /** The first piece of a further field: `"${list[@]}"` makes one of each element. */
  readonly breaks: boolean;
}
