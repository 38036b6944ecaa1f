import type { z } from "zod";
import { targetValues } from "../definition/checks/check-template.ts";
import type { Definition } from "../definition/definition.ts";
import { innerPath } from "../definition/texts.ts";
import { fill, type Values } from "../template.ts";

/** Fills names and addresses of one release, and collects why some can't be. */
export class Filling {
  readonly #definition: Definition;
  readonly #values: Values;
  readonly #reasons = new Set<string>();

  constructor(definition: Definition, values: Values) {
    this.#definition = definition;
    this.#values = values;
  }

  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  refuse(reason: string): void {
    this.#reasons.add(reason);
  }

  path(text: string, target: string | undefined): string {
    return this.fill("the path", text, target, innerPath);
  }

  /** What comes out has the form that the definition's text had to have: no value leads anywhere else. */
  fill(what: string, text: string, target: string | undefined, form: z.ZodString): string {
    if (!text.includes("{")) return text;
    const filled = fill(text, { ...targetValues(this.#definition, target), ...this.#values });
    if (filled.kind === "lacks") {
      this.refuse(
        `${what} ${text} needs {${filled.field}}, and the tag ${this.#values["ref"]} names no version`,
      );
      return text;
    }
    const read = form.safeParse(filled.text);
    if (!read.success)
      this.refuse(`${what} ${text} comes to ${filled.text}, which ${read.error.issues[0]!.message}`);
    return filled.text;
  }
}
