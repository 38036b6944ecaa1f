import { decode } from "./side.ts";
import type { RecipeFile, RecipeFiles, Update } from "../update.ts";

/** Texts of the PKGBUILDs and shell scripts that are different: what a second program has to read for a verdict. */
export function scriptsOf({ before, after, approved }: Update): string[] {
  const step = differingScripts(before, after);
  return approved instanceof Map ? [...step, ...differingScripts(approved, after)] : step;
}

function differingScripts(before: RecipeFiles | undefined, after: RecipeFiles): string[] {
  const paths = new Set([...(before?.keys() ?? []), ...after.keys()]);
  return [...paths].flatMap((path) => {
    const [old, now] = [textOf(before?.get(path)), textOf(after.get(path))];
    const texts = [old, now].filter((text) => text !== undefined);
    return old === now || !texts.some((text) => isScript(path, text)) ? [] : texts;
  });
}

function isScript(path: string, text: string): boolean {
  return path === "PKGBUILD" || path.endsWith(".install") || isShellScript(path, text);
}

/** By its name or its first line. */
export function isShellScript(path: string, text: string): boolean {
  return /\.(?:sh|bash)$/.test(path) || /^#!.*\b(?:ba|z|da|k)?sh\b/.test(text);
}

function textOf(file: RecipeFile | undefined): string | undefined {
  return file && file.mode !== "120000" ? decode(file.bytes) : undefined;
}
