/** Packages that others rest upon: no recipe has business standing in for them. */
const systemPackages = new Set(
  (
    "acl alsa-lib apparmor archlinux-keyring at-spi2-core attr audit autoconf automake avahi base base-devel bash bind " +
    "binutils bison bluez brotli btrfs-progs bubblewrap busybox bzip2 ca-certificates ca-certificates-mozilla " +
    "ca-certificates-utils cairo chaotic-keyring chaotic-mirrorlist chromium clang cmake coreutils cronie cryptsetup cups " +
    "curl dash dbus dbus-broker dconf device-mapper dhcpcd diffutils docker dracut e2fsprogs efibootmgr elfutils " +
    "electron expat fakeroot ffmpeg file filesystem findutils firefox fish flatpak fontconfig freetype2 fuse2 fuse3 gawk " +
    "gcc gcc-libs gdk-pixbuf2 gdm gettext git glib2 glibc gmp gnome-keyring gnome-shell gnupg gnutls go gobject-introspection " +
    "gpgme graphite grep groff grub gst-plugins-base gstreamer gtk3 gtk4 gzip harfbuzz hwdata iana-etc icu inetutils " +
    "iproute2 iptables iputils iwd jdk-openjdk jq jre-openjdk json-c json-glib kbd keyutils kmod krb5 kwin ldb less " +
    "lib32-gcc-libs lib32-glibc libarchive libcap libdrm libedit libelf libevent libffi libgcrypt libglvnd libgpg-error " +
    "libinput libnghttp2 libpng libproxy libpsl librsvg libseccomp libsecret libssh2 libsystemd libtool libusb libuv libva " +
    "libvirt libwebp libx11 libxcb libxcrypt libxml2 libxslt lightdm linux linux-api-headers linux-firmware linux-hardened " +
    "linux-headers linux-lts linux-rt linux-zen llvm llvm-libs lua lvm2 lz4 m4 make mesa meson mkinitcpio mpfr mutter nano " +
    "ncurses nettle networkmanager nginx ninja nodejs npm nspr nss nvidia nvidia-utils opengl-driver openssh openssl opera p11-kit " +
    "pacman pacman-contrib pacman-mirrorlist pam pambase pango patch pciutils pcre pcre2 perl php pinentry pipewire pkgconf " +
    "plasma-workspace plymouth polkit popt postgresql procps-ng psmisc pulseaudio python python-cryptography python-pip " +
    "python-requests python-setuptools python-urllib3 qt5-base qt6-base readline rsync ruby rust samba sddm sed sh shadow sqlite " +
    "sudo systemd systemd-libs systemd-sysvcompat tar tcl texinfo thunderbird tpm2-tss tzdata udev udisks2 upower usbutils " +
    "util-linux util-linux-libs vim vulkan-driver vulkan-icd-loader wayland wget which wine wireplumber wpa_supplicant xdg-utils " +
    "xkeyboard-config xorg-server xorg-xwayland xz zlib zlib-ng zlib-ng-compat zsh zstd"
  ).split(" "),
);

/** A provided name, with or without a version, by which users and pacman would find this package for another. */
export function standsForSystem(provided: string): boolean {
  const name = nameOfProvided(provided);
  return (
    systemPackages.has(name) ||
    (name.startsWith("lib32-") && systemPackages.has(name.slice(6))) ||
    isLibrary(name)
  );
}

/** `libcrypto.so`, whichever version follows. */
function isLibrary(name: string): boolean {
  return /\.so(?:\.|$)/.test(name);
}

/** `foo` of `foo=1.2`. */
export function nameOfProvided(provided: string): string {
  return provided.replace(/[<>=].*$/s, "");
}

/** Whether a name that comes is one of the recipe's own with more behind it: `foo-docs` of `foo`. */
export function extendsOwnName(name: string, own: readonly string[]): boolean {
  return !systemPackages.has(name) && own.some((other) => other.length > 1 && name.startsWith(`${other}-`));
}
