import type { Key } from "../../workspace/config/key-kinds.ts";
import { packageKeys, repositoryKeys } from "../../workspace/config/keys.ts";
import { stateKeys } from "../../workspace/state/state-keys.ts";
import { exitCodes } from "../exit-codes.ts";
import { variables } from "../variables.ts";
import { builderLimits } from "./builder-limits.ts";
import { workspaceFiles } from "./files.ts";
import type { CommandPage } from "./pages.ts";

/** `docs/reference.md`: every command, key, variable and file. */
export function formatReference(pages: readonly CommandPage[]): string {
  return `${[
    "<!-- Written by `npm run docs` from the code's own tables. -->",
    "# Reference",
    "[Commands](#commands) · [Settings of the repository](#settings-of-the-repository) · [Settings of a package](#settings-of-a-package) · [Where updates come from](#where-updates-come-from) · [Variables](#variables) · [Builders](#builders-on-other-machines) · [Files](#files) · [State](#state) · [Exit codes](#exit-codes)",
    "## Commands",
    ...pages.map(commandSection),
    "## Settings of the repository",
    `In \`.ci/config\`. ${configForm}`,
    ...keySections(repositoryKeys),
    "## Settings of a package",
    "In `.CI/config` in the package's folder, in the same form.",
    ...keySections(packageKeys),
    "## Where updates come from",
    sourcesIntroduction,
    table(["CI_PKGBUILD_SOURCE", "brings"], sourceForms),
    "## Variables",
    "From the environment come secrets, and what one run is asked to do. Settings never do.",
    ...tables(variables),
    "## Builders on other machines",
    table(["what", "how much"], builderLimits),
    "## Files",
    ...tables(workspaceFiles),
    "## State",
    "Each package has a file on the branch `state`, written by pipelines alone:",
    table(["key", "says"], Object.entries(stateKeys).map(codeFirst)),
    "## Exit codes",
    table(["code", "says"], Object.entries(exitCodes).map(codeFirst)),
  ].join("\n\n")}\n`;
}

const configForm =
  "One `KEY=value` per line, the whole value in quotes or not. A `#` begins a comment at a line's start only. An empty value means the default. `sluice lint` names unknown keys and values that can't be.";

const sourcesIntroduction =
  "New tags are put into the recipe as its new version, with new checksums and `pkgrel=1`; the other kinds bring whole recipes. Whatever comes passes the gate. `&` joins what follows `#`; `filter=` comes last and takes a regular expression as RE2 knows them.";

const sourceForms: readonly (readonly string[])[] = [
  ["`aur`", "the recipe of that name in the AUR"],
  ["`https://example.org/foo.git`", "the recipe in that Git repository"],
  ["`https://example.org/foo.git#branch=stable`", "the same, of a branch"],
  ["`github:OWNER/REPO`", "the newest version among the tags of a project on GitHub"],
  ["`gitlab:GROUP/PROJECT`", "the same on gitlab.com; the project's number, `gitlab:3472737`, will do"],
  ["`github:OWNER/REPO#pre-releases`", "also alphas, betas, release candidates and their like"],
  ["`github:OWNER/REPO#filter=^v2\\.`", "only tags that match"],
  ["`github:OWNER/REPO#pre-releases&filter=^v2\\.`", "both"],
  ["`custom`, or nothing", "nothing; CI_NVCHECKER and `.CI/update.sh` work all the same"],
];

function commandSection({ usage, name, description, options, examples }: CommandPage): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const shown = examples.map(([line, purpose]) => `${line.padEnd(width)}  # ${purpose}`);
  return [
    `### sluice ${name}`,
    `\`sluice ${usage}\`: ${description}.`,
    options.length > 0
      ? table(
          ["option", "what"],
          options.map(({ flags, about }) => [`\`${flags}\``, about]),
        )
      : "",
    ["```sh", ...shown, "```"].join("\n"),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function keySections(keys: Readonly<Record<string, Key<unknown>>>): string[] {
  return Object.entries(keys).map(([name, { about, expects, example, default: fallback }]) => {
    const facts = [
      `Value: ${expects.replaceAll(/[<>]/g, "\\$&")}`,
      `default: ${defaultText(fallback)}`,
      `example: \`${name}=${example}\``,
    ];
    return `### ${name}\n\n${about}\n\n${facts.join(" · ")}`;
  });
}

function defaultText(value: unknown): string {
  const text = Array.isArray(value) ? value.join(":") : String(value ?? "");
  return text === "" ? "none" : `\`${text}\``;
}

function tables(given: Readonly<Record<string, Readonly<Record<string, string>>>>): string[] {
  return Object.entries(given).flatMap(([title, rows]) => [
    `### ${title}`,
    table(["name", "what"], Object.entries(rows).map(codeFirst)),
  ]);
}

function codeFirst([code, text]: readonly [string, string]): readonly string[] {
  return [`\`${code}\``, text];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [tableRow(head), tableRow(head.map(() => "---")), ...rows.map(tableRow)].join("\n");
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
