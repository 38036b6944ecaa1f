/**
 * The syntax of a bash script as plain data. Words keep what was quoted, since that decides whether bash
 * splits, matches or expands a piece. `line` counts from 1; offsets are UTF-16 code units of the text read.
 */

export interface Script {
  readonly statements: readonly Statement[];
}

/** A command with what follows it: `&` sends it to the background. */
export interface Statement {
  readonly command: Command;
  readonly background: boolean;
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

export type Command =
  | SimpleCommand
  | Pipeline
  | { readonly kind: "chain"; readonly first: Command; readonly rest: readonly Link[] }
  | FunctionDefinition
  | CompoundCommand;

export interface Pipeline {
  readonly kind: "pipeline";
  readonly negated: boolean;
  /** `time`, `time -p`, `time -p --`; empty where there is none. The options are such only without quotes. */
  readonly timed: string;
  readonly stages: readonly Stage[];
}

/** One command of a pipeline; `stderr` where `|&` pipes its errors too. */
export interface Stage {
  readonly command: Command;
  readonly stderr: boolean;
}

export interface Link {
  readonly operator: "&&" | "||";
  readonly command: Command;
}

/** `A=1 program argument >file`; without words the assignments are the shell's own. */
export interface SimpleCommand {
  readonly kind: "simple";
  readonly line: number;
  readonly assignments: readonly Assignment[];
  /** Assignments among the words are arguments of `declare`, `local`, `export` and their like. */
  readonly words: readonly Argument[];
  readonly redirections: readonly Redirection[];
}

export type Argument =
  | { readonly kind: "word"; readonly word: Word }
  | { readonly kind: "assignment"; readonly assignment: Assignment };

export interface Assignment {
  readonly name: string;
  readonly index: Word | undefined;
  readonly append: boolean;
  readonly value: AssignedValue;
  readonly line: number;
}

export type AssignedValue =
  | { readonly kind: "scalar"; readonly word: Word; readonly span?: Span }
  | {
      readonly kind: "array";
      readonly elements: readonly ArrayElement[];
      /** The elements' texts, where each is plain text that comes to nothing else. */
      readonly texts?: readonly string[];
    };

export interface ArrayElement {
  readonly index: Word | undefined;
  readonly append: boolean;
  readonly word: Word;
  readonly span?: Span;
}

/** Where a word stands, quotes included; text that is nested in backticks or in a subscript counts anew. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FunctionDefinition {
  readonly kind: "function";
  readonly name: string;
  readonly body: CompoundCommand;
  readonly line: number;
  readonly endLine: number;
  /** The text of its body, from `{` to `}`. */
  readonly bodyText: string;
}

export interface CompoundCommand {
  readonly kind: "compound";
  readonly line: number;
  readonly compound: Compound;
  readonly redirections: readonly Redirection[];
}

export type Compound =
  | { readonly kind: "group" | "subshell"; readonly body: Script }
  | { readonly kind: "if"; readonly branches: readonly Branch[]; readonly otherwise: Script | undefined }
  | { readonly kind: "while" | "until"; readonly condition: Script; readonly body: Script }
  | ForLoop
  | { readonly kind: "arithmetic-for"; readonly header: readonly Word[]; readonly body: Script }
  | { readonly kind: "case"; readonly subject: Word; readonly items: readonly CaseItem[] }
  | { readonly kind: "test"; readonly expression: TestExpression }
  | { readonly kind: "arithmetic"; readonly expression: Word };

/** `words` is undefined where the loop has no `in`, and so goes through the positional parameters. */
export interface ForLoop {
  readonly kind: "for" | "select";
  readonly name: string;
  readonly words: readonly Word[] | undefined;
  readonly body: Script;
}

export interface Branch {
  readonly condition: Script;
  readonly body: Script;
}

export interface CaseItem {
  readonly patterns: readonly Word[];
  readonly body: Script;
  readonly end: ";;" | ";&" | ";;&";
}

/** What stands between `[[` and `]]`. */
export type TestExpression =
  | { readonly kind: "not"; readonly operand: TestExpression }
  | { readonly kind: "and" | "or"; readonly operands: readonly TestExpression[] }
  | { readonly kind: "unary"; readonly operator: string; readonly word: Word }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Word; readonly right: Word };

export interface Redirection {
  /** A number, or `{name}`, before the operator; empty where there is none. */
  readonly descriptor: string;
  readonly operator: string;
  readonly target: Word;
  /** The content of a here-document; filled in once the line with its operator has ended. */
  readonly document: Word | undefined;
  readonly line: number;
}

export interface Word {
  readonly parts: readonly WordPart[];
  readonly line: number;
}

export type WordPart = Literal | Parameter | Substitution | Arithmetic | ExtendedPattern;

/** Constant text; `quoted` by quotes or a backslash, so that it's neither split nor a pattern. */
export interface Literal {
  readonly kind: "literal";
  readonly text: string;
  readonly quoted: boolean;
}

/** `$name`, `${name[index]operator…}` */
export interface Parameter {
  readonly kind: "parameter";
  readonly quoted: boolean;
  readonly line: number;
  /** Whether it stands in braces, so that nothing behind it can lengthen its name. */
  readonly braced: boolean;
  /** A variable's name, a positional number, or one of bash's special parameters such as `@`. */
  readonly name: string;
  readonly index: Word | undefined;
  /** `#`: its length. `!`: the variable that it names, or the keys of an array. */
  readonly prefix: "" | "#" | "!";
  /** `:-`, `%%`, `/`, `:` (substring), `^^`, `@Q` …; empty where there is none. */
  readonly operator: string;
  /** What follows the operator: a word, a pattern and perhaps a replacement, or offset and perhaps length. */
  readonly operands: readonly Word[];
}

/** `$(…)` and backticks (`$`), `<(…)`, `>(…)`. */
export interface Substitution {
  readonly kind: "substitution";
  readonly quoted: boolean;
  readonly line: number;
  readonly direction: "$" | "<" | ">";
  readonly script: Script;
}

/** `$((…))` and `$[…]`. */
export interface Arithmetic {
  readonly kind: "arithmetic";
  readonly quoted: boolean;
  readonly line: number;
  readonly expression: Word;
}

/** `+(a|b)` and its like. */
export interface ExtendedPattern {
  readonly kind: "extended-pattern";
  readonly operator: string;
  readonly alternatives: readonly Word[];
}

export interface Comment {
  readonly line: number;
  /** From the `#` on. */
  readonly text: string;
}
