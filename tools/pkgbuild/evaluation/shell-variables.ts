import { ownedByBash, setInCleanEnvironment, setOutside } from "./environment.ts";
import { NotStatic, type Unknown, type Variable } from "./values.ts";

/** What a recipe is read in. */
export interface Surroundings {
  /** What `$CARCH` means. */
  readonly carch: string | undefined;
  /** The environment sets nothing but what makepkg needs; else any variable may be set there. */
  readonly clean: boolean;
}

/** A shell's variables, as far as anything is known of them. */
export class ShellVariables {
  readonly #held = new Map<string, Variable>();
  readonly #readOnly = new Set<string>();
  /**
   * For the recipe itself and each function that runs: what the variables that it declared are outside, where they're
   * that again at its end.
   */
  readonly #frames: Map<string, Variable | undefined>[] = [new Map()];
  readonly #surroundings: Surroundings;
  #spoiled: Unknown | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** The variables as they are at the end, which go their own way from here. */
  fork(): ShellVariables {
    const forked = new ShellVariables(this.#surroundings);
    const [declared] = this.#frames;
    for (const [name, variable] of this.#held) if (!declared?.has(name)) forked.#held.set(name, variable);
    for (const [name, variable] of declared ?? []) if (variable) forked.#held.set(name, variable);
    for (const name of this.#readOnly) forked.#readOnly.add(name);
    forked.#spoiled = this.#spoiled;
    return forked;
  }

  get clean(): boolean {
    return this.#surroundings.clean;
  }

  /** Why nothing is known any more. */
  get spoiled(): Unknown | undefined {
    return this.#spoiled;
  }

  get names(): readonly string[] {
    const declared = this.#frames[0]!;
    if (declared.size === 0) return [...this.#held.keys()];
    const held = [...this.#held.keys()].filter((name) => !declared.has(name));
    return [...held, ...[...declared].flatMap(([name, variable]) => (variable ? [name] : []))];
  }

  /** What the variable holds at the end; undefined where the recipe doesn't set it. */
  atEnd(name: string): Variable | undefined {
    if (this.#spoiled) return { kind: "unknown", value: this.#spoiled };
    const declared = this.#frames[0]!;
    return declared.has(name) ? declared.get(name) : this.#held.get(name);
  }

  /** What `$name` would be expanded to. @throws NotStatic where that isn't known */
  read(name: string, line: number): Variable | undefined {
    if (this.#spoiled) throw new NotStatic(this.#spoiled.reason);
    const own = this.#held.get(name);
    const { carch, clean } = this.#surroundings;
    if (!own && name === "CARCH" && carch !== undefined)
      return { kind: "scalar", value: { known: true, text: carch, line } };
    if (name === matched && own) return own;
    const outside = clean ? setInCleanEnvironment : setOutside;
    const unknowable = ownedByBash(name) ?? (own ? undefined : outside(name));
    if (unknowable !== undefined) throw new NotStatic(unknowable);
    return own;
  }

  /** What the recipe itself set so far. */
  own(name: string): Variable | undefined {
    return this.#held.get(name);
  }

  store(name: string, variable: Variable, line: number): void {
    if (this.#readOnly.has(name)) this.spoil(`it assigns to $${name}, which is read-only`, line);
    if (name === matched) this.spoilName(name, "it assigns what is bash's own", line);
    else this.#held.set(name, variable);
  }

  /** What `[[ text =~ expression ]]` matched, the whole and its groups. */
  setMatched(texts: readonly string[], line: number): void {
    const elements = new Map(texts.map((text, at) => [String(at), { known: true, text, line } as const]));
    this.#held.set(matched, { kind: "array", associative: false, elements, line });
  }

  unset(name: string): void {
    // What a function before this one declared would make room for what it hides.
    if (this.#frames.slice(1, -1).some((declared) => declared.has(name)))
      this.spoil(`it unsets $${name}, which another function declares`, 0);
    this.#held.delete(name);
  }

  /** From here on, what is declared is a function's own. */
  enterFunction(): void {
    this.#frames.push(new Map());
  }

  leaveFunction(): void {
    for (const [name, variable] of this.#frames.pop() ?? []) {
      if (variable) this.#held.set(name, variable);
      else this.#held.delete(name);
    }
  }

  /** makepkg reads a recipe in a function, too, at whose end a variable that was declared is what it was before. */
  declare(name: string, line: number): void {
    const own = this.#frames.at(-1)!;
    if (own.has(name)) return;
    const outer = this.#held.get(name);
    own.set(name, outer);
    if (this.#readOnly.has(name)) this.spoil(`it declares $${name}, which is read-only`, line);
    else if (this.#frames.length > 1) this.#held.delete(name);
    // Whether the new one begins with the old one's value differs by what is declared.
    else if (outer) this.spoilName(name, "it's declared after it was set", line);
  }

  /** `declare -g` passes by the one that was declared before. */
  declareGlobally(name: string, line: number): void {
    if (this.#frames.some((declared) => declared.has(name)))
      this.spoil(`it declares $${name} both globally and not`, line);
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

const matched = "BASH_REMATCH";
