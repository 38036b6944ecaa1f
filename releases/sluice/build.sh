# Compiles Sluice, packs it for npm, and leaves it with all that it needs to run as tree.tar.
set -eu
export HOME=$PWD/../home
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npm run --silent build
rm -f dist/.tsbuildinfo
npm pack --ignore-scripts --silent
npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
rm -rf node_modules/.package-lock.json node_modules/.bin
tar --create --file=tree.tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
  --mode=u=rwX,go=rX dist docs completion template web package.json README.md LICENSE node_modules
