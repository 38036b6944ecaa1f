import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";

/** What the container is asked to do, in chaotic-manager's words. */
export type Asked =
  | {
      readonly kind: "schedule";
      readonly arch: string;
      readonly target: string;
      readonly source: string | undefined;
      readonly commit: string | undefined;
      readonly pipeline: string | undefined;
      readonly packages: readonly { readonly pkgbase: string; readonly class: string | null }[];
    }
  /** Its packages are those that stay; what goes, main says. */
  | { readonly kind: "auto-repo-remove"; readonly arch: string; readonly target: string }
  | { readonly kind: "database" | "web"; readonly port: string }
  /** A command line of Sluice's own, such as `builder`. */
  | { readonly kind: "sluice"; readonly args: readonly string[] };

const options = [
  "arch",
  "target-repo",
  "source-repo",
  "commit",
  "deptree",
  "arch-mirror",
  "web-port",
] as const;

type Options = Partial<Record<(typeof options)[number], string>>;

/**
 * Reads chaotic-manager's command line: options as `--name=value` or `--name value`, in any place.
 *
 * @throws SluiceError `usage`
 */
export function readArguments(args: readonly string[]): Asked {
  const [command = ""] = args;
  if (!["schedule", "auto-repo-remove", "database", "web"].includes(command)) {
    return { kind: "sluice", args };
  }
  const { given, names } = split(command, args.slice(1));
  const arch = given.arch ?? "x86_64";
  switch (command) {
    case "schedule": {
      const [commit, pipeline] = (given.commit ?? "").split(":");
      return {
        kind: "schedule",
        arch,
        target: required(command, given, "target-repo"),
        source: given["source-repo"],
        commit: commit || undefined,
        pipeline: pipeline || undefined,
        packages: names.map(readPackage),
      };
    }
    case "auto-repo-remove":
      return { kind: command, arch, target: required(command, given, "target-repo") };
    default:
      return { kind: command === "web" ? "web" : "database", port: given["web-port"] ?? "8080" };
  }
}

function split(command: string, args: readonly string[]): { given: Options; names: string[] } {
  const given: Options = {};
  const names: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!arg.startsWith("--")) {
      names.push(arg);
      continue;
    }
    const [, name = "", value] = /^--([^=]*)(?:=([^]*))?$/.exec(arg) ?? [];
    const option = options.find((each) => each === name);
    const text = value ?? args[++at];
    if (!option || text === undefined) throw usage(`${command}: ${JSON.stringify(arg)} isn't understood`);
    given[option] = unquoted(text);
  }
  return { given, names };
}

/** `PKGBASE` or `PKGBASE/CLASS`. */
function readPackage(text: string): { pkgbase: string; class: string | null } {
  const [pkgbase = "", ...rest] = text.split("/");
  if (!isPkgbase(pkgbase) || rest.length > 1) throw usage(`${JSON.stringify(text)} is no package`);
  return { pkgbase, class: unquoted(rest[0] ?? "") || null };
}

/** The template's scripts read `KEY="value"` of .ci/config with its quotes, and hand them on. */
export function unquoted(text: string): string {
  return /^"([^"]*)"$/.exec(text)?.[1] ?? text;
}

function required(command: string, given: Options, name: "target-repo"): string {
  const value = given[name];
  if (value) return value;
  throw usage(`${command}: --${name} is missing`);
}

function usage(message: string): SluiceError {
  return new SluiceError("usage", message, {
    hint: "Commands: schedule, auto-repo-remove, builder, database, web, and those of `sluice help`.",
  });
}
