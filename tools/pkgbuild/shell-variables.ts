import { ownedByBash, setOutside } from "./environment.ts";
import { NotStatic, type Unknown, type Variable } from "./values.ts";

/** A shell's variables, as far as anything is known of them. */
export class ShellVariables {
  readonly #held = new Map<string, Variable>();
  readonly #readOnly = new Set<string>();
  readonly #carch: string | undefined;
  #spoiled: Unknown | undefined;

  constructor(carch: string | undefined) {
    this.#carch = carch;
  }

  /** The same variables, which go their own way from here. */
  fork(): ShellVariables {
    const forked = new ShellVariables(this.#carch);
    for (const [name, variable] of this.#held) forked.#held.set(name, variable);
    for (const name of this.#readOnly) forked.#readOnly.add(name);
    forked.#spoiled = this.#spoiled;
    return forked;
  }

  /** Why nothing is known any more. */
  get spoiled(): Unknown | undefined {
    return this.#spoiled;
  }

  get names(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** What the variable holds at the end; undefined where the recipe doesn't set it. */
  atEnd(name: string): Variable | undefined {
    return this.#spoiled ? { kind: "unknown", value: this.#spoiled } : this.#held.get(name);
  }

  /** What `$name` would be expanded to. @throws NotStatic where that isn't known */
  read(name: string, line: number): Variable | undefined {
    if (this.#spoiled) throw new NotStatic(this.#spoiled.reason);
    const own = this.#held.get(name);
    if (!own && name === "CARCH" && this.#carch !== undefined)
      return { kind: "scalar", value: { known: true, text: this.#carch, line } };
    const unknowable = ownedByBash(name) ?? (own ? undefined : setOutside(name));
    if (unknowable !== undefined) throw new NotStatic(unknowable);
    return own;
  }

  /** What the recipe itself set so far. */
  own(name: string): Variable | undefined {
    return this.#held.get(name);
  }

  store(name: string, variable: Variable, line: number): void {
    if (this.#readOnly.has(name)) this.spoil(`it assigns to $${name}, which is read-only`, line);
    this.#held.set(name, variable);
  }

  unset(name: string): void {
    this.#held.delete(name);
  }

  makeReadOnly(name: string): void {
    this.#readOnly.add(name);
  }

  makeAssociative(name: string, line: number): void {
    this.#held.set(name, { kind: "array", associative: true, elements: new Map(), line });
  }

  /** What this one holds isn't known from here on. */
  spoilName(name: string, reason: string, line: number): void {
    this.#held.set(name, { kind: "unknown", value: { known: false, reason, line } });
  }

  /** Any variable may hold anything from here on. */
  spoil(reason: string, line: number): void {
    this.#spoiled ??= { known: false, reason, line };
  }
}
