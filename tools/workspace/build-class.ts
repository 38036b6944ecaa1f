interface Classified {
  readonly config: { readonly BUILDER_CLASS: string };
}

/** Which builders may take a package: as it says itself, else as the repository does; null: any of class 1 or more. */
export function buildClassOf(
  pkg: Classified,
  { CI_DEFAULT_CLASS }: { readonly CI_DEFAULT_CLASS: string },
): string | null {
  return pkg.config.BUILDER_CLASS || CI_DEFAULT_CLASS || null;
}
