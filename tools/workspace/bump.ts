import type { PackageConfig } from "./config/config.ts";

/** CI_PACKAGE_BUMP as it takes effect: without a version always, else while the recipe has that very one. */
export interface Bump {
  readonly version: string | undefined;
  readonly count: string;
}

/** `N`, `VERSION/N`, or `VERSION`, which means `VERSION/1`. Without effect where the AUR is fed from here. */
export function bumpOf({
  CI_PACKAGE_BUMP: text,
  CI_MANAGE_AUR,
}: Pick<PackageConfig, "CI_PACKAGE_BUMP" | "CI_MANAGE_AUR">): Bump | undefined {
  if (text === "" || CI_MANAGE_AUR) return undefined;
  if (/^\d+$/.test(text)) return { version: undefined, count: text };
  const slash = text.lastIndexOf("/");
  return slash === -1
    ? { version: text, count: "1" }
    : { version: text.slice(0, slash), count: text.slice(slash + 1) };
}
