# What npm and pacman get starts, and is this version.
set -eu
mkdir -p npm pacman
tar --extract --file="$ARTIFACTS/tree/tree.tar" --directory=npm node_modules
tar --extract --file="$(echo "$ARTIFACTS"/npm/*.tgz)" --directory=npm
bsdtar --extract --file "$(echo "$ARTIFACTS"/pacman/*.pkg.tar.zst)" --directory pacman
for program in npm/package/dist/cli/main.js pacman/usr/bin/sluice; do
  said=$("$program" --version)
  echo "$program --version: $said"
  [ "$said" = "$VERSION" ]
done
