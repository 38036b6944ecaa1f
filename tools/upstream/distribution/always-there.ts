/**
 * Packages that Arch Linux has as long as there is an Arch Linux: the members of `base` and `base-devel`, what shells
 * and loaders are called, and the languages and build tools that recipes name most. For where no database tells.
 */
export const alwaysThere: ReadonlySet<string> = new Set(
  `base base-devel
   bash bzip2 coreutils file filesystem findutils gawk gcc-libs gettext glibc grep gzip iproute2 iputils licenses
   pacman pciutils procps-ng psmisc sed sh shadow systemd systemd-libs systemd-sysvcompat tar util-linux
   util-linux-libs xz
   archlinux-keyring autoconf automake binutils bison debugedit fakeroot flex gcc groff libtool m4 make patch pkgconf
   sudo texinfo which
   acl attr bc ca-certificates ca-certificates-utils clang cmake curl dbus desktop-file-utils diffutils expat
   fontconfig freetype2 fuse2 fuse3 git glib2 gnupg gnutls go gperf gtk3 gtk4 hicolor-icon-theme icu jq krb5 lib32-glibc
   libarchive libcap libffi libgcc libgit2 libssh2 libstdc++ libusb libx11 libxml2 libxslt linux linux-headers llvm lua
   lz4 mesa meson nasm ncurses ninja nodejs npm openssh openssl pcre2 perl pkg-config python python-build
   python-installer python-pip python-setuptools python-wheel qt5-base qt6-base readline rsync ruby rust cargo
   shared-mime-info sqlite tcl tk unzip vala wayland wget xdg-utils xorg-server yasm zip zlib zstd zsh`
    .split(/\s+/)
    .filter((name) => name !== ""),
);
