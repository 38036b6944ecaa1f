// Brings a fresh machine with Node, npm and Git to where `npm test` and `npm start` work:
// npm packages, build, system tools. Running it again costs a few milliseconds and changes nothing.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What builds, publishing and the tests run: program, and the packages that bring it, where a distribution has them. */
const systemTools = [
  { program: "git", apt: "git", pacman: "git" },
  { program: "makepkg", apt: "makepkg", pacman: "pacman" },
  { program: "pacman", apt: "pacman-package-manager", pacman: "pacman" },
  { program: "repo-add", apt: "pacman-package-manager", pacman: "pacman" },
  { program: "vercmp", apt: "pacman-package-manager", pacman: "pacman" },
  { program: "flock", apt: "util-linux", pacman: "util-linux" },
  { program: "prlimit", apt: "util-linux", pacman: "util-linux" },
  { program: "bsdtar", apt: "libarchive-tools", pacman: "libarchive" },
  { program: "bsdcat", apt: "libarchive-tools", pacman: "libarchive" },
  { program: "fakeroot", apt: "fakeroot", pacman: "fakeroot" },
  { program: "zstd", apt: "zstd", pacman: "zstd" },
  { program: "patch", apt: "patch", pacman: "patch" },
  { program: "gpg", apt: "gnupg", pacman: "gnupg" },
  { program: "zsh", apt: "zsh", pacman: "zsh" },
  { program: "fish", apt: "fish", pacman: "fish" },
  { program: "groff", apt: "groff-base", pacman: "groff" },
  { program: "ssh", apt: "openssh-client", pacman: "openssh" },
  { program: "sshd", apt: "openssh-server", pacman: "openssh", aptStartsService: true },
  { program: "redis-server", apt: "redis-server", pacman: "valkey", aptStartsService: true },
  { program: "prometheus", apt: "prometheus", pacman: "prometheus", aptStartsService: true },
  { program: "promtool", apt: "prometheus", pacman: "prometheus", aptStartsService: true },
  { program: "nginx", apt: "nginx-light", pacman: "nginx", aptStartsService: true },
  { program: "caddy", apt: "caddy", pacman: "caddy", aptStartsService: true },
  { program: "bwrap", apt: "bubblewrap", pacman: "bubblewrap" },
  { program: "podman", apt: "podman", pacman: "podman", aptStartsService: true },
  { program: "runc", apt: "runc", pacman: "runc" },
  { program: "newuidmap", apt: "uidmap", pacman: "shadow" },
  { program: "iptables", apt: "iptables", pacman: "iptables" },
  { program: "mmdebstrap", apt: "mmdebstrap", pacman: "mmdebstrap" },
  { program: "rsync", apt: "rsync", pacman: "rsync" },
  { program: "chromium", apt: "chromium", pacman: "chromium" },
  { program: "nix", apt: "nix-bin", pacman: "nix" },
  { program: "xz", apt: "xz-utils", pacman: "xz" },
  { program: "skopeo", apt: "skopeo", pacman: "skopeo" },
  { program: "docker-registry", apt: "docker-registry", aptStartsService: true },
  // A release for four targets; each brings the C library to build against.
  { program: "gcc", apt: "gcc libc6-dev", pacman: "gcc" },
  { program: "i686-linux-gnu-gcc", apt: "gcc-i686-linux-gnu libc6-dev-i386-cross" },
  {
    program: "aarch64-linux-gnu-gcc",
    apt: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    pacman: "aarch64-linux-gnu-gcc",
  },
  { program: "arm-linux-gnueabihf-gcc", apt: "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross" },
  { program: "qemu-aarch64-static", apt: "qemu-user-static", pacman: "qemu-user-static" },
];

process.chdir(import.meta.dirname);
requireNode(20, 19);
installPackages();
build();
installSystemTools();

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(
    `Node ${process.versions.node} is too old: Sluice needs ${major}.${minor} or newer (https://nodejs.org).`,
  );
}

function installPackages() {
  const stamp = "node_modules/.sluice-lock";
  const lock = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing npm packages");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, lock);
}

function build() {
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
}

function installSystemTools() {
  const missing = systemTools.filter(({ program }) => !onPath(program));
  if (missing.length === 0) return;
  const install = installer();
  if (!install) return nameMissing(missing);
  const wanted = missing.filter((tool) => tool[install.kind] && !wouldStartService(tool, install));
  if (wanted.length === 0) return nameMissing(missing);
  const packages = packagesOf(wanted, install.kind);
  say(`installing ${packages.join(", ")} with ${install.kind === "apt" ? "apt-get" : "pacman"}`);
  for (const command of install.commands(packages)) {
    const [program, ...args] = [...install.become, ...command];
    const { status } = spawnSync(program, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status !== 0) break;
  }
  const left = missing.filter(({ program }) => !onPath(program));
  if (left.length > 0) nameMissing(left);
}

/** Debian starts a server as soon as it is installed; on a person's machine that is up to them. */
function wouldStartService({ aptStartsService }, { kind }) {
  return Boolean(aptStartsService) && kind === "apt" && existsSync("/run/systemd/system");
}

/** apt-get or pacman, where this user may install packages without being asked for a password. */
function installer() {
  const become =
    process.getuid?.() === 0
      ? []
      : onPath("sudo") && spawnSync("sudo", ["-n", "true"]).status === 0
        ? ["sudo", "-n"]
        : undefined;
  if (!become) return undefined;
  if (onPath("apt-get")) {
    return {
      kind: "apt",
      become,
      commands: (packages) => [
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", ...packages],
      ],
    };
  }
  if (onPath("pacman")) {
    return {
      kind: "pacman",
      become,
      commands: (packages) => [["pacman", "-S", "--needed", "--noconfirm", ...packages]],
    };
  }
  return undefined;
}

function nameMissing(tools) {
  const names = (kind) => packagesOf(tools, kind).join(" ");
  say(`missing programs: ${tools.map(({ program }) => program).join(", ")}`);
  say("tests that need them are skipped, and builds do not work without them. To get them:");
  say(`  Arch Linux:      sudo pacman -S --needed ${names("pacman")}`);
  say(`  Debian, Ubuntu:  sudo apt-get install ${names("apt")}`);
}

function packagesOf(tools, kind) {
  return [...new Set(tools.flatMap((tool) => tool[kind]?.split(" ") ?? []))];
}

/** Servers lie in /usr/sbin, which isn't on every user's PATH. */
function onPath(program) {
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: ["ignore", 2, 2] });
  if (status !== 0) fail(`${program} ${args.join(" ")} failed; its message is above.`);
}

function say(message) {
  process.stderr.write(`set-up: ${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(2);
}
