import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { missingPrograms } from "./programs.ts";

/** What is in it; another list needs another name. */
export const testImage = "localhost/sluice-test-builder:4";
const packages =
  "makepkg,pacman-package-manager,libarchive-tools,fakeroot,zstd,patch,gnupg,git,util-linux,mount,binutils,bubblewrap,openssh-client,rsync,redis-server";

/** Why no container can be run here, or undefined. */
export function containersUnavailable(): string | undefined {
  const missing = missingPrograms("podman", "runc", "mmdebstrap", "flock");
  if (missing.length > 0) return `missing: ${missing.join(", ")}`;
  return process.getuid?.() === 0 ? undefined : "the test's image is made by root";
}

/**
 * Has this process's containers run with settings and storage of the tests, which are kept between runs, and
 * BUILDER_IMAGE name an image with makepkg, made where there is none (it takes a minute).
 */
export function useTestImage(): Record<string, string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sluice-tests/containers");
  mkdirSync(cache, { recursive: true });
  const settings = join(cache, "containers.conf");
  const storage = join(cache, "storage.conf");
  writeFileSync(settings, containersConf);
  writeFileSync(
    storage,
    `[storage]\ndriver = "overlay"\ngraphroot = "${cache}/storage"\nrunroot = "${cache}/run"\n`,
  );
  const env = { CONTAINERS_CONF: settings, CONTAINERS_STORAGE_CONF: storage, BUILDER_IMAGE: testImage };
  Object.assign(process.env, env);
  if (spawnSync("podman", ["image", "exists", testImage]).status === 0) return env;
  execFileSync("flock", [join(cache, "lock"), "bash", "-c", makeImage, "image", testImage, packages], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return env;
}

/** What works in a container, without systemd, and with either version of cgroups. */
export const containersConf = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

const makeImage = `set -euo pipefail
podman image exists "$1" && exit
mmdebstrap --quiet --variant=essential --include="$2" --dpkgopt='path-exclude=/usr/share/doc/*' \\
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' bookworm - |
  podman import --quiet - "$1"
`;
