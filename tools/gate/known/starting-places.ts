/** Folders and files from which something starts, or is obeyed, without anybody asking for it. */
interface StartingPlace {
  /** What follows some `/`, as part of a regular expression; it ends where a name ends. */
  readonly path: string;
  readonly by: string;
}

const places: readonly StartingPlace[] = [
  {
    path: "systemd/(?:system|user|network|portable|repart\\.d|ntp-units\\.d)|systemd/[\\w-]*(?:preset|generators|sleep|shutdown)|systemd/\\w+\\.conf(?:\\.d)?",
    by: "systemd.unit(5), systemd.preset(5), systemd.generator(7), systemd-sleep(8), systemd-halt.service(8)",
  },
  {
    path: "cron\\.(?:d|daily|hourly|weekly|monthly|allow|deny)|spool/(?:cron|at|anacron)|(?:etc/)?(?:ana)?crontab|cron/tabs",
    by: "crontab(5), anacron(8)",
  },
  {
    path: "dbus-1/(?:system-services|services|system\\.d|session\\.d)|user-tmpfiles\\.d|tmpfiles\\.d|sysusers\\.d|binfmt\\.d|environment\\.d|sysctl\\.d|modules-load\\.d|modprobe\\.d|depmod\\.d",
    by: "dbus-daemon(1), tmpfiles.d(5), sysusers.d(5), binfmt.d(5), environment.d(5), sysctl.d(5), modprobe.d(5)",
  },
  {
    path: "(?:site|dist)-packages/[^\\s\"'/]+\\.pth|(?:site|user)customize\\.py|sitecustomize\\.pl|rubygems/defaults|rubygems_plugin\\.rb",
    by: "Python, module site; perlrun(1); RubyGems guides, Plugins",
  },
  {
    path: "grub\\.d|default/grub[\\w.-]*|grub/(?:grub|custom)\\.cfg|loader/(?:entries|loader\\.conf)|EFI/(?:BOOT|systemd|Linux)|refind_linux\\.conf",
    by: "info grub, Invoking grub-mkconfig; loader.conf(5)",
  },
  {
    path: "bash-completion/(?:completions|helpers)|bash_completion\\.d|zsh/(?:site-functions|vendor-completions|functions|scripts|newuser)|site-functions|fish/(?:vendor_|generated_)?(?:conf\\.d|completions(?:\\.d)?|functions(?:\\.d)?)|fish/config\\.fish|vendor_(?:conf|completions|functions)\\.d|elvish/lib|nushell/(?:vendor/)?autoload",
    by: "bash-completion(7); zshcompsys(1); fish(1), Configuration files",
  },
  {
    path: "profile\\.d|etc/(?:profile|bash\\.bashrc|bash\\.bash_logout|zshenv|zshrc|zprofile|zlogin|csh\\.\\w+|inputrc|environment|shells|skel)(?:\\.d)?|etc/zsh|etc/skel|zsh/z(?:shenv|shrc|profile|login)|bashrc\\.d",
    by: "bash(1), FILES; zsh(1); useradd(8)",
  },
  {
    path: "libalpm/(?:hooks|scripts)|pacman\\.d(?:/\\w*)?|etc/(?:pacman|makepkg)\\.conf(?:\\.d)?|makepkg\\.conf\\.d|libmakepkg/\\w+|share/makepkg",
    by: "alpm-hooks(5), pacman.conf(5), makepkg.conf(5)",
  },
  {
    path: "dkms\\.conf|dkms/framework\\.conf(?:\\.d)?|etc/dkms|kernel/(?:install|postinst|prerm|postrm|preinst|header_postinst)\\.d|initcpio/(?:hooks|install|post|functions)?|mkinitcpio\\.(?:d|conf(?:\\.d)?)|dracut(?:/modules\\.d|\\.conf(?:\\.d)?)|initramfs-tools|booster\\.yaml",
    by: "dkms(8), kernel-install(8), mkinitcpio(8), dracut(8)",
  },
  {
    path: "udev/(?:rules|hwdb)\\.d|udev/[\\w.-]+|polkit-1(?:/\\w+)?|pam\\.d|etc/security|lib/security|sudoers(?:\\.d)?|doas\\.conf|nsswitch\\.conf|ld\\.so\\.(?:preload|conf)(?:\\.d)?|gconv/[\\w.-]+|libnss_\\w+\\.so[\\w.]*",
    by: "udev(7), polkit(8), pam(8), sudoers(5), nsswitch.conf(5), ld.so(8), ldconfig(8)",
  },
  {
    path: "native-messaging-hosts|NativeMessagingHosts|(?:chromium|chrome|edge|brave|vivaldi)[\\w-]*/(?:extensions|policies|external_extensions)[\\w.-]*|(?:firefox|mozilla|thunderbird|librewolf)[\\w-]*/(?:distribution|extensions|browser/extensions|browser/defaults/preferences|defaults/pref|policies|autoconfig[\\w.-]*)|policies/(?:managed|recommended|policies\\.json)|managed-storage",
    by: "Chrome and MDN, Native messaging; Enterprise policies",
  },
  {
    path: "xdg/(?:autostart|plasma-workspace(?:/\\w+)?|openbox|xfce4|lxsession)|autostart|autostart-scripts|X11/(?:xinit|Xsession(?:\\.d)?|xorg\\.conf(?:\\.d)?|xdm|Xwrapper\\.config)|xinitrc\\.d|Xsession\\.d|xorg\\.conf(?:\\.d)?|plasma-workspace/(?:env|shutdown)|plasma/(?:look-and-feel|shells)|kf?\\d*/kded|kded[56]?|gnome-shell/extensions|gnome/autostart|gdm/\\w+|sddm(?:/scripts|\\.conf(?:\\.d)?)|lightdm(?:/\\w+)?\\.conf(?:\\.d)?|xsessions|wayland-sessions|(?:nautilus|caja|nemo)-python/extensions|(?:nautilus|nemo|caja)/(?:scripts|extensions[\\w.-]*)|gtk-\\d\\.0/\\w*modules|gio/modules",
    by: "Desktop Application Autostart Specification; Xorg(1), xinit(1); the desktops' manuals",
  },
  {
    path: "NetworkManager/(?:dispatcher\\.d|conf\\.d|VPN|system-connections)|networkd-dispatcher|ppp/(?:ip|ipv6|auth)-\\w+(?:\\.d)?|dhcpcd(?:\\.enter-hook|\\.exit-hook|-hooks)|dhclient\\S*hooks(?:\\.d)?|dhclient-\\w+-hooks\\.d|(?:if|network)-(?:up|down|pre-up)\\.d|resolvconf(?:/\\w+)?|etc/(?:hosts|resolv\\.conf|host\\.conf|exports|fstab|crypttab|inittab|passwd|shadow|gshadow|group|subuid|subgid)|wpa_supplicant/\\S+",
    by: "NetworkManager-dispatcher(8), pppd(8), dhcpcd(8), hosts(5), fstab(5), passwd(5)",
  },
  {
    path: "acpi/(?:events|actions|handler\\.sh)|pm-utils/(?:sleep|power|config)\\.d|logrotate\\.d|logrotate\\.conf|elogind/system-\\w+|etc/(?:init\\.d|rc\\.d|rc\\.local|rc\\d\\.d|conf\\.d|inetd\\.conf|xinetd\\.d|runit|sv|s6|dinit\\.d|monit\\S*|supervisor\\S*)|init\\.d|rc\\.local|xinetd\\.d|runit/\\w+|audit/(?:rules|plugins)\\.d|update-motd\\.d|apparmor\\.d|etckeeper/\\S*\\.d|snap-pac|fwupd/\\S+\\.d|smartmontools\\S*|usb_modeswitch\\.d",
    by: "acpid(8), pm-action(8), logrotate(8), init scripts of several systems",
  },
  {
    path: "ssh/(?:sshd?_config(?:\\.d)?|sshrc|ssh_known_hosts)|gnupg/(?:gpg|dirmngr|gpg-agent|scdaemon)\\.conf|git-core/(?:templates/hooks|git-[\\w-]+)|etc/gitconfig|\\.git/(?:hooks|config)|\\.githooks|\\.husky",
    by: "sshd(8), gpg(1), githooks(5)",
  },
  {
    path: "emacs/site-lisp/(?:site-start|default|subdirs|site-start\\.d)\\S*|(?:vim|nvim)/(?:vimfiles|runtime|site)/(?:plugin|ftplugin|autoload|pack|after)|etc/(?:vimrc|nanorc|emacs)|xdg/nvim|nvim/sysinit\\.vim|gdb/(?:auto-load|gdbinit)|gdbinit(?:\\.d)?|etc/(?:lesskey|screenrc|tmux\\.conf|wgetrc|curlrc|npmrc|pip\\.conf|mailcap)",
    by: "vim, emacs, gdb, less, wget and npm manuals",
  },
  {
    path: "ca-certificates/(?:trust-source|extracted)|ssl/(?:certs|openssl\\.cnf)|trust-source|pki/\\S+|apt/(?:apt\\.conf|sources\\.list)\\S*|containers/(?:oci/hooks\\.d|containers\\.conf\\S*|policy\\.json)|docker/(?:cli-plugins|daemon\\.json)|oci/hooks\\.d|cni/(?:bin|net\\.d)|php/conf\\.d|(?:httpd|apache2|nginx)/conf(?:\\.d|/extra)|ananicy\\.d|alsa/conf\\.d|p11-kit/modules|opensc|pkcs11/\\S+|cups/(?:backend|filter|driver)|sane\\.d/dll\\.d|udisks2/modules|flatpak/(?:installations\\.d|remotes\\.d)",
    by: "trust(1), oci-hooks(5), php(1), cups manuals",
  },
  {
    path: "\\.cargo/config(?:\\.toml)?|\\.(?:npmrc|yarnrc|yarnrc\\.yml|pnpmfile\\.cjs|pypirc|pydistutils\\.cfg|condarc|gemrc|bundle/config|mvn/(?:jvm|maven)\\.config|gradle/init\\.d|bazelrc|curlrc|wgetrc|netrc|gitconfig|gitmodules|gitattributes|lesskey|inputrc|envrc|direnvrc|vimrc|exrc|gdbinit|screenrc|tmux\\.conf|Renviron|Rprofile|perldb|irbrc|pryrc|pythonrc(?:\\.py)?|ghci|ocamlinit|sbclrc)|init\\.gradle(?:\\.kts)?|rust-toolchain(?:\\.toml)?",
    by: "The Cargo Book, Configuration; npm, pip, Maven, Gradle, Git manuals",
  },
];

const end = "(?=$|[/\"'\\s;:,)&|>]|\\\\)";
const anywhere = new RegExp(`(?:^|[/"'\\s=:(])(?:${places.map(({ path }) => path).join("|")})${end}`);
/** What users have at home. */
const atHome =
  /\.ssh(?:\/|$)|authorized_keys|\.(?:bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zshenv|zprofile|zlogin|kshrc|cshrc|tcshrc|xinitrc|xprofile|xsession\w*|Xresources|pam_environment|forward)\b|\.config\/(?:autostart|systemd|fish|environment\.d|plasma-workspace|hypr|sway|i3)/;
const ignored = /\/(?:usr\/)?share\/(?:doc|licenses|man|info|examples)\//;

/** A place in the text from which something starts by itself. */
export function startingPlaceIn(text: string): string | undefined {
  for (const word of text.split(/\s+/)) {
    if (ignored.test(word)) continue;
    const found = anywhere.exec(word)?.[0] ?? atHome.exec(word)?.[0];
    if (found !== undefined) return found.trim();
  }
  return undefined;
}

/** Names of a recipe's files that such a place takes, wherever the recipe installs them. */
export const startingFile = new RegExp(
  "\\.(?:service|timer|socket|path|target|mount|automount|slice|scope|swap|network|netdev|link|nspawn|hook|rules|hwdb|pkla|policy|sysusers|tmpfiles|sysctl|modprobe|modules-load|sudoers|cron|crontab|pam|preset|pth|fish|elv|dkms|udev|initcpio|logrotate|generator|dispatcher|xinitrc|bashrc|zshrc|zshenv|profile|desktop-autostart|elc)(?:\\.(?:in|d|conf))?$" +
    "|(?:^|[./_-])(?:crontab|anacrontab|cron[.-](?:d|daily|hourly|weekly|monthly)|sudoers|pam|profile\\.d|sysusers|tmpfiles|initcpio|mkinitcpio|dracut|modprobe|modules-load|sysctl|udev|completions?|autostart|logrotate|grub|dkms)(?:[./_-][\\w.-]*)?$" +
    "|(?:^|[._-])(?:bash|zsh)[-_.]?completions?$|\\.(?:bash|zsh)-completion$|(?:^|/)_[a-z][\\w-]*$|(?:^|/)(?:dkms|modprobe|sysctl|tmpfiles|xorg|sshd?_config|nsswitch|ld\\.so)[\\w.-]*\\.conf(?:\\.in)?$|(?:^|/)(?:package\\.json|\\.npmrc|\\.yarnrc(?:\\.yml)?|sitecustomize\\.py|usercustomize\\.py|config\\.site|rust-toolchain(?:\\.toml)?)$|(?:^|/)\\.(?:cargo|git|github|husky|mvn|gradle|vscode|devcontainer)/",
);

/** Lines by which a file is recognised as one of those, whatever it's named. */
export const startingContent =
  /^X-GNOME-Autostart|^\[(?:Service|Timer|Socket|Trigger|Path|D-BUS Service|Install|Automount|Mount|NetDev)\]|^OnCalendar=|^(?:ACTION|SUBSYSTEM|KERNEL|ENV\{\w+\}|ATTRS?\{\w+\}|RUN)\s*[+=!]=|^\s*RUN(?:\{\w+\})?\+=|^\s*(?:PRE_BUILD|POST_BUILD|POST_ADD|POST_INSTALL|POST_REMOVE|PRE_INSTALL|MAKE\[\d+\]|MAKE_MATCH\[\d+\])=|^(?:@(?:reboot|daily|hourly|weekly|monthly|yearly)|[\d*/,-]+\s+[\d*/,-]+\s+[\d*/,-]+\s+[\d*/,-]+\s+[\d*/,-]+)\s+\S|^install\s+\w+\s+\/|^(?:run_hook|run_earlyhook|run_latehook|run_cleanuphook|run_emergencyhook|add_runscript)\b|^#compdef\b|^#autoload\b|^\s*complete\s+-|^\s*compdef\s|"(?:allowed_origins|allowed_extensions)"\s*:|"(?:pre|post)?(?:install|prepare|uninstall)"\s*:\s*"|^\s*(?:rustc-wrapper|rustc-workspace-wrapper|rustc|linker|runner)\s*=|^\[(?:alias|source\.[\w-]+|target\.[^\]]+|registries\.[^\]]+)\]|^(?:auth|account|session|password)\s+(?:required|requisite|sufficient|optional|include|\[)|polkit\.addRule|<(?:policyconfig|busconfig)\b|^\w+\s+ALL\s*=|^%?\w+\s+ALL\s*=\s*\(|^menuentry\s|^[zZfFdDLwrRqQvXaAtTmb][+!=~^-]{0,3}\s+\/\S+\s+(?:\d{3,4}|-)\s|^u!?\s+\S+\s+[\d-]+\s/m;
