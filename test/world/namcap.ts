import type { Recipe } from "./building.ts";

/** A package with a program `namcap` that speaks as namcap does with -m, and says what it was given and could reach. */
export const namcapRecipe = (more = ""): Recipe => ({
  code: `package() {
  install -Dm755 /dev/stdin "$pkgdir/usr/bin/namcap" <<'end'
#!/bin/bash
[ "$1" = -m ] || { echo "Usage: namcap [OPTIONS] packages"; exit 2; }
shift
for file; do
  if [ "$file" = PKGBUILD ]; then
    source ./PKGBUILD
    echo "PKGBUILD ($pkgname) W: missing-maintainer"
    continue
  fi
  name=$(bsdtar -xOqf "$file" .PKGINFO | sed -n 's/^pkgname = //p')
  echo "$name W: unused-sodepend /usr/lib/libm.so.6 ['usr/bin/x']"
  echo "$name E: dependency-detected-not-included zlib (libraries ['usr/lib/libz.so.1'])"
  echo "$name I: interfaces $(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | paste -sd,)"
done
echo "Error: this is of another form"
${more}
end
}`,
});
