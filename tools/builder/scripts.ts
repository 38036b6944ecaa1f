/**
 * The shell scripts that run inside the sandbox, in the order of a build. They are constants: all that varies
 * arrives as environment variables or as files. `$RECIPE`, `$SOURCES`, `$PACKAGES` and `$LAYER` are where the
 * job's mounts are.
 */

/** Imports the recipe's own keys; only these can vouch for its sources. */
const importKeys = `
import_keys() {
  for key in keys/pgp/*.asc; do
    [ -e "$key" ] || continue
    gpg --batch --quiet --import "$key" || echo ":: The key $key can't be imported."
  done
}
`;

/**
 * As root of the sandbox, with network: \`.CI/prepare\` is read as chaotic-manager reads it (so it may say
 * \`return "$CI_CODE_SKIP"\`), then the patch is applied, as a whole or not at all. Leaves the recipe to collect.
 */
export const interfere = `
cp -rL "$RECIPE" recipe && cd recipe || exit 1
if [ -n "$LAYER" ]; then
  mkdir -p ../bin
  printf '#!/bin/sh\\nexec /usr/bin/pacman --root "%s" --config "%s" "$@"\\n' "$LAYER" "$PACMAN_CONF" > ../bin/pacman
  chmod 755 ../bin/pacman
  export PATH="$PWD/../bin:$PATH"
fi
if [ -f .CI/prepare ]; then
  bash -euo pipefail -c 'source ./.CI/prepare' || exit
  echo ":: Interfere applied: .CI/prepare was executed."
fi
if [ -f .CI/interfere.patch ]; then
  if patch -Np1 --dry-run --force < .CI/interfere.patch > /dev/null; then
    patch -Np1 --force < .CI/interfere.patch || exit 1
    echo ":: Interfere applied: .CI/interfere.patch."
  else
    patch -Np1 --dry-run --force < .CI/interfere.patch
    echo ":: Interfere NOT applied: .CI/interfere.patch doesn't fit this recipe."
  fi
fi
`;

/** With network, seeing this recipe alone: brings its sources, checks them, and tells their VCS commits. */
export const fetchSources = `
${importKeys}
cp -r "$RECIPE" recipe && cd recipe || exit 1
mkdir -p "$SRCDEST"
[ -z "$SOURCES" ] || cp -r "$SOURCES/." "$SRCDEST/" || exit 1
import_keys
makepkg --config "$MAKEPKG_CONF" --verifysource --nodeps --noconfirm --noprogressbar --nocolor $SKIPPGP || exit
for source in "$SRCDEST"/*/; do
  [ -f "$source/HEAD" ] || continue
  git -C "$source" rev-parse HEAD > "$SRCDEST/.commit-$(basename "$source")" 2> /dev/null
done
exit 0
`;

/**
 * The build itself. The recipe says what it makes before anything of the build has run, on the first line that
 * begins with the marker; what later lines say doesn't count. Its version is asked for afterwards, since
 * pkgver() sets it.
 */
export const build = `
${importKeys}
cp -r "$RECIPE" recipe && cd recipe || exit 1
mkdir -p "$SRCDEST" "$PKGDEST" ../said
if [ -n "$SOURCES" ]; then
  for source in "$SOURCES"/*; do
    if [ -e "$source" ]; then ln -s "$source" "$SRCDEST/"; fi
  done
fi
bash -c 'source ./PKGBUILD > /dev/null 2>&1; printf "%s" ":: This recipe makes:"; printf " %s" "\${pkgbase:-$pkgname}" "\${pkgname[@]}"; echo'
import_keys
makepkg --config "$MAKEPKG_CONF" $NODEPS --noconfirm --noprogressbar --nocolor $SKIPPGP
code=$?
hook=on-failure.sh
if [ $code = 0 ]; then
  hook=on-success.sh
  bash -c 'source ./PKGBUILD > /dev/null 2>&1; printf "%s" "\${epoch:-0}:$pkgver-$pkgrel"' > ../packages/.version
fi
if [ -f ".CI/$hook" ]; then
  echo ":: Running .CI/$hook"
  bash "./.CI/$hook" || echo ":: .CI/$hook failed with exit code $?."
fi
exit $code
`;

/** Reads each package's .PKGINFO, and makes those anew whose \`replaces\` and \`group\` lines are to go. */
export const inspect = `
mkdir -p inspected/info inspected/packages work
for package in "$PACKAGES"/*.pkg.tar*; do
  [ -f "$package" ] || continue
  name=$(basename "$package")
  bsdtar -xOqf "$package" .PKGINFO > "inspected/info/$name" || exit 1
  if [ -z "$ALLOW_PROHIBITED" ] && grep -qE '^(replaces|group) =' "inspected/info/$name"; then
    grep -vE '^(replaces|group) =' "inspected/info/$name" > work/.PKGINFO
    bsdtar -cf work/rest.tar --exclude '^.PKGINFO' "@$package" || exit 1
    touch -d "@$SOURCE_DATE_EPOCH" work/.PKGINFO
    bsdtar -cf work/info.tar --uid 0 --gid 0 --uname root --gname root -C work .PKGINFO || exit 1
    bsdtar -cf - @work/info.tar @work/rest.tar | zstd -q -c -T0 > "inspected/packages/$name" || exit 1
    cp work/.PKGINFO "inspected/info/$name"
    echo ":: Interfere applied: removed replaces and groups from $name (BUILDER_ALLOW_PROHIBITED isn't set)."
    rm work/*.tar
  fi
done
`;

/** Installs package files into a layer, as pacman does; their scriptlets are not for a folder that is no system. */
export const installLayer = `
mkdir -p "$LAYER/var/lib/pacman" "$LAYER/usr" cache || exit 1
run() {
  pacman --root "$LAYER" --dbpath "$LAYER/var/lib/pacman" --cachedir "$PWD/cache" --config "$PACMAN_CONF" \\
    --hookdir /nonexistent --logfile "$PWD/pacman.log" --noconfirm --noprogressbar --noscriptlet --asdeps "$@"
}
if [ -n "$DISTRIBUTION" ]; then
  [ -z "$LOCAL" ] || cp -r "$LOCAL" "$LAYER/var/lib/pacman/local" || exit
  mapfile -t names < "$DISTRIBUTION"
  run -Sy --needed -- "\${names[@]}" || exit
fi
shopt -s nullglob
packages=("$PACKAGES"/*.pkg.tar*)
[ \${#packages[@]} = 0 ] || run -U -dd -- "\${packages[@]}"
`;
