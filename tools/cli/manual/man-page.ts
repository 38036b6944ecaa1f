import { exitCodes } from "../exit-codes.ts";
import { variables } from "../variables.ts";
import { workspaceFiles } from "./files.ts";
import type { CommandPage } from "./pages.ts";

/** `sluice.1`, in the macros of man(7). */
export function formatManPage(pages: readonly CommandPage[], version: string): string {
  const lines = [
    '.\\" Written by `npm run docs`.',
    `.TH SLUICE 1 "" "sluice ${version}" "User Commands"`,
    ".SH NAME",
    "sluice \\- keeps a pacman package repository in Git",
    ".SH SYNOPSIS",
    ".B sluice",
    ".I command",
    "[options] [operands]",
    ".SH DESCRIPTION",
    filled(
      "Every package is a folder, every change a commit. From a commit Sluice works out what to build, builds it in isolation and in order, and publishes a signed repository that pacman installs from.",
    ),
    ".PP",
    filled("Settings are in .ci/config and in each package's .CI/config. The reference says what there is."),
    ".SH COMMANDS",
    ...grouped(pages),
    ".SH EXIT STATUS",
    ...entries(Object.entries(exitCodes)),
    ".SH ENVIRONMENT",
    ...sections(variables),
    ".SH FILES",
    ...sections(workspaceFiles),
    ".SH SEE ALSO",
    ".BR pacman (8),",
    ".BR makepkg (8),",
    ".BR PKGBUILD (5)",
  ];
  return `${lines.join("\n")}\n`;
}

function grouped(pages: readonly CommandPage[]): string[] {
  return [...new Set(pages.map(({ group }) => group))].flatMap((group) => [
    `.SS ${quoted(group)}`,
    ...pages.filter((page) => page.group === group).flatMap(commandLines),
  ]);
}

function commandLines({ usage, description, options, examples }: CommandPage): string[] {
  return [
    ".TP",
    `.B ${quoted(`sluice ${usage}`)}`,
    filled(`${description}.`),
    ".RS",
    ...entries(options.map(({ flags, about }) => [flags, about])),
    ".PP",
    examples.length === 1 ? "Example:" : "Examples:",
    ...entries(examples),
    ".RE",
  ];
}

function sections(tables: Readonly<Record<string, Readonly<Record<string, string>>>>): string[] {
  return Object.entries(tables).flatMap(([title, table]) => [
    `.SS ${quoted(plain(title))}`,
    ...entries(Object.entries(table)),
  ]);
}

function entries(rows: readonly (readonly [term: string, text: string])[]): string[] {
  return rows.flatMap(([term, text]) => [".TP", `.B ${quoted(term)}`, filled(plain(text))]);
}

/** The page has no Markdown. */
function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}

function quoted(text: string): string {
  return `"${roff(text).replaceAll('"', "\\(dq")}"`;
}

/** Running text, in lines of the length that man(7) advises. */
function filled(text: string): string {
  return roff(text)
    .replaceAll(/(.{1,78})(?: |$)/g, "$1\n")
    .trimEnd()
    .replaceAll(/^[.']/gm, "\\&$&");
}

/** Text as text: a backslash, a hyphen that may be copied, quotes that stay what they are. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("~", "\\(ti")
    .replaceAll("…", "...");
}
