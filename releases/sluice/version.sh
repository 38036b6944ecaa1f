# The tag, package.json and the pacman package say the same version, and the changelog has a section for it.
set -eu
packed=$(node -p 'require("./package.json").version')
recipe=$(sed -n 's/^pkgver=\(.*\)\.r\$(.*/\1/p' contrib/pacman/PKGBUILD)
if [ "$packed" != "$VERSION" ] || [ "$recipe" != "$VERSION" ]; then
  echo "$REF is version $VERSION; package.json says $packed, contrib/pacman/PKGBUILD $recipe" >&2
  exit 1
fi
if ! grep -q "^## \[$VERSION\]" CHANGELOG.md; then
  echo "CHANGELOG.md has no section ## [$VERSION]" >&2
  exit 1
fi
