# Makes layer.tar: all files of the image, in one layer.
umask 022
mkdir root
node "$SCRIPTS/image-layers.mjs" base-image | while read -r blob; do
  bsdtar --extract --same-permissions --file "$blob" --directory root
done
if find root -name '.wh.*' | grep -q .; then
  echo "the base removes files of its own layers, which isn't understood; take one of a single layer" >&2
  exit 1
fi

# A base of one's own may bring it all.
if ! [ -e root/usr/bin/node ] || ! [ -e root/usr/bin/bwrap ] || ! [ -e root/usr/bin/rsync ]; then
  packages=$(sed -n 's/.*pacman -Syyuu --noconfirm --needed \([a-z0-9 -]*\) &&.*/\1/p' Containerfile)
  server="https://archive.archlinux.org/repos/$SNAPSHOT/\$repo/os/\$arch"
  printf '[options]\nArchitecture = x86_64\nSigLevel = Required DatabaseOptional\nDisableSandbox\n' > pacman.conf
  printf '[%s]\nServer = %s\n' core "$server" extra "$server" >> pacman.conf
  # Scripts of packages would have to run within the base; none of these needs its own.
  pacman --config pacman.conf --root root --gpgdir root/etc/pacman.d/gnupg --hookdir "$PWD/no-hooks" --noscriptlet \
    --noconfirm --needed -Syyuu $packages
  rm -rf root/var/cache/pacman/pkg/* root/var/lib/pacman/sync/*
  echo "Server = $server" > root/etc/pacman.d/mirrorlist
fi

mkdir -p root/opt/sluice root/usr/local/bin root/app root/data
tar --extract --file="$ARTIFACTS/tree/tree.tar" --directory=root/opt/sluice
echo 'sluice:x:1000:1000::/data:/bin/bash' >> root/etc/passwd
echo 'sluice:x:1000:' >> root/etc/group
chown 1000:1000 root/app root/data
ln -s /opt/sluice/dist/cli/main.js root/usr/local/bin/sluice
printf '#!/bin/sh\nexec node /opt/sluice/dist/cli/entry-point/main.js "$@"\n' > root/entry_point.sh
chmod 755 root/opt/sluice/dist/cli/main.js root/entry_point.sh
tar --create --file=layer.tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner --directory=root .
