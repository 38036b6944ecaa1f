/**
 * What `pypi_pre_build` writes has the version itself in its source and in what it changes into. Here the next version
 * is only put into pkgver, so both follow that. Undefined where the recipe is of another form, or needs no change.
 */
export function followPkgver(pkgbuild: string): string | undefined {
  const [, pkgver] = /^pkgver=([\w.]+)$/m.exec(pkgbuild) ?? [];
  if (pkgver === undefined) return undefined;
  const after = pkgbuild.replaceAll(/^(?:source=\("|\s*cd "\$srcdir\/)[^"\n]*"/gm, (text) =>
    text.replace(new RegExp(String.raw`-${pkgver.replaceAll(".", "\\.")}(?=\.tar|\.zip|"$)`), "-$${pkgver}"),
  );
  return after === pkgbuild ? undefined : after;
}
