import { ownedByBash, setOutside } from "./environment.ts";
import { NotStatic, type Unknown, type Variable } from "./values.ts";

/** A shell's variables, as far as anything is known of them. */
export class ShellVariables {
  readonly #held = new Map<string, Variable>();
  readonly #readOnly = new Set<string>();
  /** What the declared ones are outside, where they're that again at the end. */
  readonly #outside = new Map<string, Variable | undefined>();
  readonly #carch: string | undefined;
  #spoiled: Unknown | undefined;

  constructor(carch: string | undefined) {
    this.#carch = carch;
  }

  /** The variables as they are at the end, which go their own way from here. */
  fork(): ShellVariables {
    const forked = new ShellVariables(this.#carch);
    for (const name of this.names) {
      const variable = this.#outside.has(name) ? this.#outside.get(name) : this.#held.get(name);
      if (variable) forked.#held.set(name, variable);
    }
    for (const name of this.#readOnly) forked.#readOnly.add(name);
    forked.#spoiled = this.#spoiled;
    return forked;
  }

  /** Why nothing is known any more. */
  get spoiled(): Unknown | undefined {
    return this.#spoiled;
  }

  get names(): readonly string[] {
    const held = [...this.#held.keys()].filter((name) => !this.#outside.has(name));
    return [...held, ...[...this.#outside].flatMap(([name, variable]) => (variable ? [name] : []))];
  }

  /** What the variable holds at the end; undefined where the recipe doesn't set it. */
  atEnd(name: string): Variable | undefined {
    if (this.#spoiled) return { kind: "unknown", value: this.#spoiled };
    return this.#outside.has(name) ? this.#outside.get(name) : this.#held.get(name);
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

  /** makepkg reads a recipe in a function, at whose end a variable that was declared is what it was before. */
  declare(name: string, line: number): void {
    if (this.#outside.has(name)) return;
    const outer = this.#held.get(name);
    this.#outside.set(name, outer);
    // Whether the new one begins with the old one's value differs by what is declared.
    if (outer) this.spoilName(name, "it's declared after it was set", line);
  }

  /** `declare -g` passes by the one that was declared before. */
  declareGlobally(name: string, line: number): void {
    if (this.#outside.has(name)) this.spoil(`it declares $${name} both globally and not`, line);
  }

  makeReadOnly(name: string): void {
    this.#readOnly.add(name);
  }

  /** One that is associative already stays as it is; bash makes none of another kind into one. */
  makeAssociative(name: string, line: number): void {
    const own = this.#held.get(name);
    if (own?.kind === "array" && own.associative) return;
    if (own) return this.spoilName(name, "it's declared associative after it was set", line);
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
