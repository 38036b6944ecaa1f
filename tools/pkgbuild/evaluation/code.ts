import { commandName, constantText } from "../grammar/constants.ts";
import { normaliseCommand } from "../normal-form/normalise.ts";
import { normaliseWord } from "../normal-form/normalise-words.ts";
import type { Script, SimpleCommand, Word } from "../grammar/syntax.ts";
import { walkScript } from "../grammar/walk.ts";

/** Something that runs, or decides what runs, when a recipe is read: even for `makepkg --printsrcinfo`. */
export type CodeAtReading =
  | {
      readonly kind: "command";
      /** Undefined where it isn't constant. */
      readonly name: string | undefined;
      readonly line: number;
      readonly normal: string;
    }
  /** `source file` and `. file`: that file's content runs too. */
  | {
      readonly kind: "source";
      readonly file: Word;
      readonly line: number;
      readonly normal: string;
    }
  | {
      readonly kind: "substitution" | "condition" | "loop" | "arithmetic" | "indirection" | "redirection";
      readonly line: number;
      readonly normal: string;
    };

/** Goes through what bash runs while it reads the script; functions are only defined then. */
export function codeAtReading(script: Script, text: string): CodeAtReading[] {
  const code: CodeAtReading[] = [];
  const lines = text.split("\n");
  walkScript(script, {
    simple(command) {
      const { line } = command;
      const normal = normaliseCommand(command);
      if (command.words.length > 0 && !declaresPlainly(command)) code.push(ofCommand(command, normal));
      else if (command.redirections.length > 0) code.push({ kind: "redirection", line, normal });
    },
    compound(compound, line) {
      const normal = (lines[line - 1] ?? "").trim();
      if (compound.kind === "if" || compound.kind === "case" || compound.kind === "test") {
        code.push({ kind: "condition", line, normal });
      } else if (compound.kind === "arithmetic") {
        code.push({ kind: "arithmetic", line, normal });
      } else if (compound.kind !== "group" && compound.kind !== "subshell") {
        code.push({ kind: "loop", line, normal });
      }
    },
    part(part) {
      if (part.kind === "literal" || part.kind === "extended-pattern") return;
      const normal = normaliseWord({ parts: [part], line: part.line });
      const kind =
        part.kind === "parameter"
          ? part.operator.startsWith("@") || (part.prefix === "!" && part.index === undefined)
            ? "indirection"
            : undefined
          : part.kind;
      if (kind) code.push({ kind, line: part.line, normal });
    },
  });
  return code;
}

function ofCommand(command: SimpleCommand, normal: string): CodeAtReading {
  const { line } = command;
  const name = commandName(command);
  const [, file] = command.words;
  if ((name === "source" || name === ".") && file?.kind === "word")
    return { kind: "source", file: file.word, line, normal };
  return { kind: "command", name, line, normal };
}

/** `export A=1`, `declare -a list`: no more than an assignment. */
function declaresPlainly(command: SimpleCommand): boolean {
  const name = commandName(command) ?? "";
  if (!["declare", "typeset", "local", "export", "readonly", "unset"].includes(name)) return false;
  return command.words
    .slice(1)
    .every(
      (word) =>
        word.kind === "assignment" || /^(?:-[aAfgrxv]+|[A-Za-z_]\w*)$/.test(constantText(word.word) ?? "-"),
    );
}
