#!/bin/sh
# npm and npx for the tests: what has to be packed or installed more than once is kept, by content, and handed out
# again. The first time it is npm's own work, as is everything else; what this repository's own lock asks for, its
# set-up has installed.
# It stands in for the programs that the set-up puts here, wherever PATH leads.
npm=@NPM@
npx=@NPX@
own=@OWN@
store=${0%/*/*}/npm
mkdir -p "$store"

keep() {
  cp -a "$1" "$2.$$" && mv -T "$2.$$" "$2" 2>/dev/null
  rm -rf "$2.$$"
}

if [ "${0##*/}" = npx ]; then
  if [ "$1" = --no-install ] && [ -x "node_modules/.bin/$2" ]; then
    program=$2
    shift 2
    exec "node_modules/.bin/$program" "$@"
  fi
  exec "$npx" "$@"
fi

case "$1" in
  pack)
    kept=$store/packed
    if [ ! -d "$kept" ]; then
      "$npm" "$@" >/dev/null || exit
      mkdir "$store/packing.$$"
      cp ./*.tgz "$store/packing.$$"
      keep "$store/packing.$$" "$kept"
      rm -rf "$store/packing.$$"
    fi
    cp "$kept"/*.tgz .
    ls -- *.tgz
    ;;
  install)
    [ "$2" = --package-lock-only ] || exec "$npm" "$@"
    kept=$store/lock-$(cat package.json .ci/*.tgz | sha256sum | cut -d ' ' -f 1)
    if [ ! -f "$kept" ]; then
      "$npm" "$@" || exit
      keep package-lock.json "$kept"
    fi
    cp "$kept" package-lock.json
    ;;
  ci)
    kept=$store/$(cat package.json package-lock.json .ci/*.tgz 2>/dev/null | sha256sum | cut -d ' ' -f 1)
    if cmp -s package.json "$own/package.json" && cmp -s package-lock.json "$own/package-lock.json"; then
      kept=$own
    elif [ ! -d "$kept" ]; then
      "$npm" "$@" || exit
      mkdir "$kept.$$"
      cp -a node_modules "$kept.$$/node_modules"
      mv -T "$kept.$$" "$kept" 2>/dev/null || rm -rf "$kept.$$"
      exit 0
    fi
    rm -rf node_modules
    mkdir node_modules
    ln -s "$kept"/node_modules/* node_modules/
    # Programs are added to it.
    cp -a "$kept"/node_modules/.bin node_modules/
    ;;
  *) exec "$npm" "$@" ;;
esac
