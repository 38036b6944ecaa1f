import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Owner } from "../sandbox.ts";

export interface System {
  readonly network: boolean;
  /** Lies over the host's programs. `usr`: the path by which bubblewrap finds both together. */
  readonly layer?: { readonly folder: string; readonly bindFrom: string; readonly usr: string };
  /** `bindFrom`: the path by which bubblewrap finds `folder`. */
  readonly root?: { readonly folder: string; readonly bindFrom: string; readonly writable: boolean };
}

/** A small file that exists inside alone. */
export interface SandboxFile {
  readonly path: string;
  readonly text: string;
}

/** Where things are inside. One tmpfs holds all that is written, so that one size limits all of it. */
export const scratch = "/build";
export const tmp = `${scratch}/tmp`;
export const home = `${scratch}/home`;

/** What of the host's /etc programs and builds need; nothing else of it is there. */
const settings = [
  "alternatives",
  "bindresvport.blacklist",
  "ca-certificates",
  "ca-certificates.conf",
  "fonts",
  "gai.conf",
  "host.conf",
  "java",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "locale.alias",
  "locale.conf",
  "locale.gen",
  "localtime",
  "magic",
  "magic.mime",
  "makepkg.conf",
  "makepkg.conf.d",
  "makepkg.d",
  "mime.types",
  "pacman.conf",
  "perl",
  "pki/ca-trust",
  "pki/tls/certs",
  "protocols",
  "python3",
  "rpc",
  "services",
  "sgml",
  "ssl/cert.pem",
  "ssl/certs",
  "ssl/openssl.cnf",
  "terminfo",
  "texmf",
  "xml",
];

/** Of a root of its own, what a sandbox has fresh. */
const fresh: ReadonlySet<string> = new Set(["build", "dev", "home", "proc", "run", "sys", "tmp"]);

/** bubblewrap's options for the programs: the host's, or the job's root. */
export function rootFiles({ root, layer, network }: System): string[] {
  if (root?.writable) return ["--bind", root.bindFrom, "/"];
  if (root) return [...readOnlyRoot(root.folder, root.bindFrom), ...temporaryFolders];
  return [
    ...readOnly("/usr", "/usr", layer?.usr),
    ...["bin", "sbin", "lib", "lib32", "lib64"].flatMap((name) => readOnly(`/${name}`)),
    ...settings.flatMap((name) => readOnly(`/etc/${name}`)),
    ...pacmanSettings(),
    ...(layer ? layered(layer.folder, layer.bindFrom) : []),
    ...(network ? ["resolv.conf", "hosts"].flatMap((name) => readOnly(`/etc/${name}`)) : []),
    ...temporaryFolders,
  ];
}

/** Users, and names to look up, as far as the root has none of its own that a job may change. */
export function sandboxFiles({ root, network }: System, owner: Owner): SandboxFile[] {
  if (root?.writable) return [];
  const builder = {
    passwd: `builder:x:${owner.uid}:${owner.gid}:builder:${home}:/bin/bash\n`,
    group: `builder:x:${owner.gid}:\n`,
  };
  if (root) {
    const own = (name: string) => `${readFileSync(join(root.folder, "etc", name), "utf8").trimEnd()}\n`;
    return (["passwd", "group"] as const)
      .filter((name) => existsSync(join(root.folder, "etc", name)))
      .map((name) => ({ path: `/etc/${name}`, text: own(name) + builder[name] }));
  }
  return [
    { path: "/etc/passwd", text: `root:x:0:0:root:/root:/bin/bash\n${builder.passwd}${nobody.passwd}` },
    { path: "/etc/group", text: `root:x:0:\n${builder.group}${nobody.group}` },
    { path: "/etc/nsswitch.conf", text: "passwd: files\ngroup: files\nhosts: files dns\n" },
    ...(network ? [] : [{ path: "/etc/hosts", text: "127.0.0.1 localhost\n::1 localhost\n" }]),
  ];
}

const nobody = {
  passwd: "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
  group: "nogroup:x:65534:\n",
};

const temporaryFolders = ["--symlink", tmp, "/tmp", "--dir", "/var", "--symlink", tmp, "/var/tmp"];

/** What a layer has beside `usr`: each entry of its `etc`, and `opt`. */
function layered(folder: string, bindFrom: string): string[] {
  const etc = join(folder, "etc");
  const settings = existsSync(etc) ? readdirSync(etc).map((name) => `/etc/${name}`) : [];
  return [...settings, "/opt"].flatMap((path) => readOnly(path, join(folder, path), join(bindFrom, path)));
}

/** Each folder by itself, so that mounts may be made beside them, on the sandbox's own empty root. */
function readOnlyRoot(folder: string, bindFrom: string): string[] {
  const inRoot = (path: string) => readdirSync(join(folder, path)).map((name) => join(path, name));
  return inRoot("/")
    .filter((path) => !fresh.has(path.slice(1)))
    .flatMap((path) => (path === "/var" ? inRoot("/var").filter((inner) => inner !== "/var/tmp") : [path]))
    .flatMap((path) => readOnly(path, join(folder, path), join(bindFrom, path)));
}

/** Without /etc/pacman.d/gnupg, where pacman-key keeps a private key. */
function pacmanSettings(): string[] {
  if (!existsSync("/etc/pacman.d")) return [];
  return readdirSync("/etc/pacman.d")
    .filter((name) => name !== "gnupg")
    .flatMap((name) => readOnly(`/etc/pacman.d/${name}`));
}

/** Nothing where the host has no such file; links at the top stay the links that they are. */
function readOnly(path: string, source = path, bindFrom = source): string[] {
  const link = lstatSync(source, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (link && !path.startsWith("/etc/")) return ["--symlink", readlinkSync(source), path];
  return existsSync(source) ? ["--ro-bind", bindFrom, path] : [];
}
