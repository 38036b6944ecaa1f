/**
 * The shell scripts that run inside the sandbox, in the order of a build. They are constants: all that varies
 * arrives as environment variables or as files. `$RECIPE`, `$SOURCES`, `$PACKAGES` and `$LAYER` are where the
 * job's mounts are.
 */

/** What an image says of pacman's repositories, and the keys that it trusts. */
export const printPacmanConf = `
mkdir image
pacman-conf --config "$PACMAN_CONF" > image/pacman.conf || : > image/pacman.conf
keyring=$(pacman-conf --config "$PACMAN_CONF" GPGDir)
for name in pubring.gpg trustdb.gpg; do
  [ ! -r "$keyring/$name" ] || cp "$keyring/$name" image/ || exit 1
done
`;

/**
 * pacman on the layer: its scriptlets are not for a folder that is no system. Where no repository is
 * configured, what would need one is taken as done.
 */
const pacmanOnLayer = `
mkdir -p bin cache gnupg "$LAYER/var/lib/pacman" "$LAYER/usr" || exit 1
[ ! -d /settings/keyring ] || cp -r /settings/keyring/. gnupg/ || exit 1
export ROOT="$PWD"
cat > bin/pacman << 'end'
#!/bin/bash
changes=
for argument in "$@"; do
  case $argument in
    -S*|--sync|-R*|--remove|-F*|--files)
      if [ -z "$REPOSITORIES" ]; then
        echo ":: No repository is configured, so this is taken as done: pacman $*"
        exit 0
      fi
      changes=1 ;;
    -U*|--upgrade) changes=1 ;;
  esac
done
exec /usr/bin/pacman --root "$LAYER" --dbpath "$LAYER/var/lib/pacman" --cachedir "$ROOT/cache" \\
  --gpgdir "$ROOT/gnupg" --logfile "$ROOT/pacman.log" --config "$PACMAN_CONF" --noconfirm \\
  \${changes:+--noscriptlet --noprogressbar} "$@"
end
chmod 755 bin/pacman
export PATH="$PWD/bin:$PATH"
`;

/** Installs package files into a layer, as pacman does. */
export const installLayer = `
export REPOSITORIES=$DISTRIBUTION
${pacmanOnLayer}
if [ -s "$DISTRIBUTION" ]; then
  [ ! -d "$LOCAL" ] || cp -r "$LOCAL" "$LAYER/var/lib/pacman/local" || exit
  mapfile -t names < "$DISTRIBUTION"
  pacman -Sy --needed --asdeps -- "\${names[@]}" || exit
fi
shopt -s nullglob
packages=("$PACKAGES"/*.pkg.tar*)
[ \${#packages[@]} = 0 ] || pacman -U -dd --asdeps -- "\${packages[@]}"
`;

/**
 * \`.CI/prepare\` is read as chaotic-manager reads it, so that it may say \`return "$CI_CODE_SKIP"\`; then the patch
 * is applied, as a whole or not at all. Leaves the recipe to collect.
 */
export const interfere = `
cp -rL "$RECIPE" recipe || exit 1
if [ -f recipe/.CI/prepare ]; then
${pacmanOnLayer}
  (cd recipe && exec bash -euo pipefail -c 'source ./.CI/prepare') || exit
  echo ":: Interfere applied: .CI/prepare was run."
fi
if [ -f recipe/.CI/interfere.patch ]; then
  cp -r recipe patched || exit 1
  if patch -d patched -Np1 --force --no-backup-if-mismatch < recipe/.CI/interfere.patch; then
    rm -rf recipe && mv patched recipe || exit 1
    echo ":: Interfere applied: .CI/interfere.patch."
  else
    echo ":: Interfere NOT applied: .CI/interfere.patch doesn't fit this recipe, so nothing of it was taken."
  fi
fi
exit 0
`;

/**
 * Of fetching and building: the recipe's own keys, which alone can vouch for its sources, and its hooks. Errors go
 * the same way as all else, so that the log has every line in its place.
 */
const common = `
exec 2>&1
cp -r "$RECIPE" recipe && cd recipe || exit 1
mkdir -p "$SRCDEST" "$PKGDEST" || exit 1
for key in keys/pgp/*.asc; do
  [ -e "$key" ] || continue
  gpg --batch --quiet --import "$key" || echo ":: The key $key can't be imported."
done
run_hook() {
  [ -f ".CI/$1" ] || return 0
  if bash "./.CI/$1"; then echo ":: Interfere applied: .CI/$1 was run."
  else echo ":: Interfere: .CI/$1 failed with exit code $?."
  fi
}
ends_with() {
  [ "$1" = 0 ] || [ "$1" = "$CI_CODE_SKIP" ] || run_hook on-failure.sh
  exit "$1"
}
`;

/**
 * makepkg without its checks of the PKGBUILD's form, which take most of the time that it needs to start, and which
 * the build makes anyway: it reads its parts from another folder (LIBRARY, later MAKEPKG_LIBRARY) where that part
 * is empty.
 */
const withoutLint = `
mkdir -p ../library/lint_pkgbuild && : > ../library/lint_pkgbuild/nothing.sh || exit 1
for part in /usr/share/makepkg/*; do
  [ "\${part##*/}" = lint_pkgbuild ] || ln -s "$part" ../library/ || exit 1
done
library=$(realpath ../library)
without_lint() { LIBRARY=$library MAKEPKG_LIBRARY=$library "$@"; }
`;

/**
 * With network, seeing this recipe alone: brings its sources, checks them, and leaves beside each Git source a
 * file that says which commit is meant.
 */
export const fetchSources = `
${common}
${withoutLint}
[ -z "$SOURCES" ] || cp -r "$SOURCES/." "$SRCDEST/" || exit 1
without_lint makepkg --config "$MAKEPKG_CONF" --verifysource --nodeps --noconfirm --noprogressbar --nocolor $SKIPPGP || ends_with $?
(
  source "$MAKEPKG_CONF" > /dev/null 2>&1
  source /usr/share/makepkg/util/source.sh
  source ./PKGBUILD > /dev/null 2>&1
  of_arch="source_$CARCH[@]"
  for entry in "\${source[@]}" "\${!of_arch}"; do
    [ "$(get_protocol "$entry")" = git ] || continue
    name=$(get_filename "$entry")
    fragment=$(get_uri_fragment "$entry")
    revision=\${fragment#*=}
    git -C "$SRCDEST/$name" rev-parse --verify --end-of-options "\${revision:-HEAD}^{commit}" > "$SRCDEST/.commit-$name"
  done
)
exit 0
`;

/**
 * The build itself. Before anything of it has run the recipe says what it makes: on the first line that begins
 * with the marker, what later lines say doesn't count. Once pkgver() has run it says its version.
 */
export const build = `
${common}
shopt -s dotglob nullglob
if [ -n "$SOURCES" ]; then
  for source in "$SOURCES"/*; do ln -s "$source" "$SRCDEST/"; done
fi
shopt -u dotglob nullglob
bash -c 'source ./PKGBUILD > /dev/null 2>&1
  printf "%s" ":: This recipe makes: \${epoch:-0}:$pkgver-$pkgrel"; printf " %s" "\${pkgname[@]}"; echo'
makepkg --config "$MAKEPKG_CONF" $NODEPS --holdver --noconfirm --noprogressbar --nocolor $SKIPPGP || ends_with $?
rm -rf "$PKGDEST/.version"
bash -c 'source ./PKGBUILD > /dev/null 2>&1; printf "%s" "\${epoch:-0}:$pkgver-$pkgrel"' > "$PKGDEST/.version"
run_hook on-success.sh
exit 0
`;

/**
 * Reads each package's .PKGINFO, and makes those again whose \`replaces\` and \`group\` lines are to go. Of several, pacman
 * would take another one than bsdtar. Says whether namcap is among the programs.
 */
export const inspect = `
mkdir -p inspected/info inspected/packages work
! command -v namcap > /dev/null || : > inspected/has-namcap
for package in "$PACKAGES"/*.pkg.tar.zst; do
  [ -f "$package" ] || continue
  name=\${package##*/}
  if [ "$(bsdtar -tf "$package" '*.PKGINFO*' | grep -E '^[./]*\\.PKGINFO(/|$)' | head -c 99)" != .PKGINFO ]; then
    echo "error: $name doesn't have exactly one .PKGINFO"
    exit 1
  fi
  (set -o pipefail; bsdtar -xOqf "$package" .PKGINFO | { head -c 1048576; cat > /dev/null; }) > "inspected/info/$name" || exit 1
  if [ -z "$ALLOW_PROHIBITED" ] && grep -qE '^(replaces|group) =' "inspected/info/$name"; then
    grep -vE '^(replaces|group) =' "inspected/info/$name" > work/.PKGINFO
    touch -d "@$SOURCE_DATE_EPOCH" work/.PKGINFO
    bsdtar -cf work/rest.tar --exclude '^.PKGINFO' "@$package" || exit 1
    bsdtar -cf work/info.tar --uid 0 --gid 0 --uname root --gname root -C work .PKGINFO || exit 1
    bsdtar -cf - @work/info.tar @work/rest.tar | zstd -q -c -T0 > "inspected/packages/$name" || exit 1
    cp work/.PKGINFO "inspected/info/$name"
    echo ":: Interfere applied: removed replaces and groups from $name (BUILDER_ALLOW_PROHIBITED isn't set)."
    rm work/*.tar
  fi
done
`;

/**
 * What namcap finds in packages and recipe, in the form that programs can read, no longer than LIMIT bytes. It runs the
 * PKGBUILD to read it.
 */
export const runNamcap = `
cp -r "$RECIPE" recipe && mkdir said && cd recipe || exit 1
packages=()
for package in "$PACKAGES"/*.pkg.tar.zst; do
  [[ \${package##*/} == "$PKGBASE"-debug-* ]] || packages+=("$package")
done
namcap -m PKGBUILD "\${packages[@]}" 2> /dev/null < /dev/null | { head -c "$LIMIT"; cat > /dev/null; } > ../said/lines
exit "\${PIPESTATUS[0]}"
`;

/** Unpacks packages to nowhere, and fails where they are larger together than LIMIT bytes. */
export const measure = `
left=$LIMIT
for package in "$PACKAGES"/*; do
  bytes=$(zstd -dcq -- "$package" | head -c "$((left + 1))" | wc -c)
  left=$((left - bytes))
  [ "$left" -ge 0 ] || { echo "error: the packages are larger than $LIMIT bytes unpacked"; exit 1; }
done
`;
