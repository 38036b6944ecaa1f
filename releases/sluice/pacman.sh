# The pacman package of contrib/pacman, of the program that was built before, with the release's version.
set -eu
cd contrib/pacman
mkdir -p src/sluice
tar --extract --file="$ARTIFACTS/tree/tree.tar" --directory=src/sluice
cp sluice.* src/
# pacman has no hyphen in versions, and knows 1.0rc1 as older than 1.0.
version=$(printf %s "$VERSION" | tr -d -)
sed -i -e "s/^_commit=.*/_commit=$COMMIT/" -e "s/^pkgver=.*/pkgver=$version/" PKGBUILD
PKGEXT=.pkg.tar.zst makepkg --repackage --nodeps
