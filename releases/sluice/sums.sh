# For `sha256sum --check SHA256SUMS`, in a folder with the files.
set -eu
for name in npm pacman image; do
  (cd "$ARTIFACTS/$name" && sha256sum -- *)
done > SHA256SUMS
