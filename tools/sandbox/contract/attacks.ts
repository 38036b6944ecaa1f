import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type Field, limits, MiB, processesWith, startCaller } from "./field.ts";
import type { Isolation } from "../sandbox.ts";

export interface Attack {
  readonly isolates: Isolation;
  readonly sentence: string;
  /** Whether it must succeed where nothing is isolated; else the system's own rights may stop it there too. */
  readonly onHost: boolean;
  /** Tries it, and tells whether it succeeded. */
  readonly breach: (field: Field) => Promise<boolean>;
}

const folders =
  "/root /home /srv /mnt /media /boot /sys/block /sys/bus /sys/class /sys/dev /sys/devices /sys/firmware " +
  "/sys/kernel /sys/module /sys/power";

/** Of this machine; an image has such files of its own. */
const accounts = ["/etc/passwd", "/etc/shadow", "/etc/machine-id", "/etc/hostname"].filter((file) =>
  existsSync(file),
);

function digest(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return "unreadable";
  }
}

/** A script that prints BREACH where it got through. */
async function breaches(
  { run }: Field,
  script: string,
  more: Parameters<Field["run"]>[1] = {},
): Promise<boolean> {
  const { stdout, outcome } = await run(`{ ${script}; } && echo BREACH; echo tried`, more);
  if (!stdout.includes("tried")) throw new Error(`the attack itself failed: ${JSON.stringify(outcome)}`);
  return stdout.includes("BREACH");
}

export const attacks: readonly Attack[] = [
  {
    isolates: "network",
    sentence: "a service on the host's loopback can't be reached",
    onHost: true,
    async breach(field) {
      const server = createServer((socket) => socket.end("hello\n")).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const breached = await breaches(
        field,
        `read -r line < /dev/tcp/127.0.0.1/${port} && [ "$line" = hello ]`,
      );
      server.close();
      return breached;
    },
  },
  {
    isolates: "network",
    sentence: "no packet gets out, such as a question to a name server",
    onHost: true,
    async breach({ run }) {
      const server = createSocket("udp4").bind(0, "127.0.0.1");
      await once(server, "listening");
      let heard = false;
      const hearing = once(server, "message").then(() => (heard = true));
      const { stdout } = await run(`echo question > /dev/udp/127.0.0.1/${server.address().port}; echo tried`);
      if (!stdout.includes("tried")) throw new Error("the attack itself failed");
      await Promise.race([hearing, new Promise((resolve) => setTimeout(resolve, 100))]);
      server.close();
      return heard;
    },
  },
  {
    isolates: "network",
    sentence: "an abstract socket of the host's can't be reached",
    onHost: true,
    async breach(field) {
      const name = `sluice-contract-${process.pid}`;
      const listen = `use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("\\0${name}")) or die; listen(S, 5); $| = 1; print "up\\n"; sleep 20`;
      const server = spawn("perl", ["-e", listen], { stdio: ["ignore", "pipe", "inherit"] });
      await once(server.stdout, "data");
      const breached = await breaches(
        field,
        `perl -e 'use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("\\0${name}")) or exit 1'`,
      );
      server.kill("SIGKILL");
      return breached;
    },
  },
  {
    isolates: "reads",
    sentence: "another recipe, another build's files and a key can't be read",
    onHost: true,
    async breach(field) {
      const secrets = ["other-recipe/PKGBUILD", "other-build/src", "keys/signing.key"].map((path) => {
        const file = join(field.folder(join("secrets", path, "..")), path.split("/").at(-1) ?? "");
        writeFileSync(file, "secret\n");
        return file;
      });
      return breaches(field, `cat ${secrets.join(" ")}`);
    },
  },
  {
    isolates: "reads",
    sentence: "a link in a mounted folder leads to nothing of the host's",
    onHost: true,
    async breach(field) {
      const secret = join(field.folder("linked"), "secret");
      writeFileSync(secret, "secret\n");
      const recipe = field.folder("linking");
      await field.run(`ln -sf ${secret} "$1/link"; ln -sfn ${join(secret, "..")} "$1/up"`, {
        mounts: [{ source: recipe, target: "/recipe", writable: true }],
      });
      return breaches(field, 'cat "$1/link" || cat "$1/up/secret"', {
        mounts: [{ source: recipe, target: "/recipe", writable: false }],
      });
    },
  },
  {
    isolates: "reads",
    sentence: "the host's homes, data, devices and accounts aren't there",
    onHost: true,
    breach: (field) =>
      breaches(
        field,
        `find ${folders} -mindepth 1 -maxdepth 2 2>/dev/null | grep -q . || ` +
          `sha256sum ${accounts.join(" ")} 2>/dev/null | grep -qE '${accounts.map(digest).join("|")}'`,
      ),
  },
  {
    isolates: "reads",
    sentence: "a caller's environment can't be read from /proc",
    onHost: false,
    async breach(field) {
      const caller = spawn("sleep", ["60"], { env: { SLUICE_TEST_TOKEN: "secret" }, ...owner(field) });
      const breached = await breaches(
        field,
        "cat /proc/[0-9]*/environ 2>/dev/null | grep -qa SLUICE_TEST_TOKEN",
      );
      caller.kill("SIGKILL");
      return breached;
    },
  },
  {
    isolates: "writes",
    sentence: "nothing can be written outside: not where all may write, not by a link, not by climbing",
    onHost: true,
    async breach(field) {
      const open = field.folder("open", 0o777);
      return breaches(
        field,
        `touch ${open}/direct || { ln -s ${open} link && touch link/linked; } || touch ../../../../..${open}/climbed`,
      );
    },
  },
  {
    isolates: "writes",
    sentence: "the system's folders and the root can't be written",
    onHost: false,
    breach: (field) =>
      breaches(
        field,
        "touch /x || touch /usr/x || touch /etc/x || touch /var/x || touch /dev/x || mkdir /run/x",
      ),
  },
  {
    isolates: "writes",
    sentence: "a mounted folder that isn't writable stays as it is, though its owner is the payload",
    onHost: true,
    async breach(field) {
      const recipe = field.folder("read-only");
      const script = 'touch "$1/x" || chmod 777 "$1" || { mount -o remount,rw "$1" && touch "$1/x"; }';
      return breaches(field, script, { mounts: [{ source: recipe, target: "/recipe", writable: false }] });
    },
  },
  {
    isolates: "processes",
    sentence: "another process of the same user can't be seen or killed",
    onHost: true,
    async breach(field) {
      const other = spawn("sleep", [field.nap(11)], owner(field));
      const breached = await breaches(field, `kill -0 ${other.pid} && kill -9 ${other.pid}`);
      other.kill("SIGKILL");
      return breached;
    },
  },
  {
    isolates: "processes",
    sentence: "the caller and its neighbours can't be traced",
    onHost: false,
    async breach(field) {
      const other = spawn("sleep", [field.nap(12)], owner(field));
      const breached = await breaches(field, `${trace(other.pid)} || ${trace(process.pid)}`);
      other.kill("SIGKILL");
      return breached;
    },
  },
  {
    isolates: "processes",
    sentence: "a daemon that left its session, its parents and its environment ends with the job",
    onHost: true,
    async breach(field) {
      await field.run(`env -i setsid -f sleep ${field.nap(13)} >/dev/null 2>&1 </dev/null`);
      const left = processesWith(field.nap(13));
      for (const { pid } of left) process.kill(pid, "SIGKILL");
      return left.length > 0;
    },
  },
  {
    isolates: "privileges",
    sentence: "a setuid program gives no rights",
    onHost: false,
    async breach(field) {
      const recipe = field.folder("setuid");
      const program = join(recipe, "id");
      copyFileSync("/usr/bin/id", program);
      chmodSync(program, 0o4755);
      return breaches(field, '[ "$("$1/id" -u)" = 0 ]', {
        mounts: [{ source: recipe, target: "/recipe", writable: false }],
      });
    },
  },
  {
    isolates: "privileges",
    sentence: "a user namespace of its own, and with it mounts, can't be had",
    onHost: false,
    breach: (field) => breaches(field, "unshare --user --map-root-user --mount true || unshare --user true"),
  },
  {
    isolates: "privileges",
    sentence: "root of the sandbox is no root: no mount, no device, no kernel setting",
    onHost: false,
    async breach(field) {
      if (field.sandbox.name === "host") return false;
      const script =
        "mount -t tmpfs x /build/tmp || mknod disk b 8 0 || echo 1 > /proc/sys/kernel/panic || " +
        "echo h > /proc/sysrq-trigger || unshare --mount true";
      return breaches(field, `[ "$(id -u)" = 0 ] && { ${script}; }`, { user: "root" });
    },
  },
  {
    isolates: "output",
    sentence: "many files together are no larger than the limit",
    onHost: true,
    async breach(field) {
      const { stdout } = await field.run(
        "for i in 1 2 3 4; do head -c 40M /dev/zero > $i || break; done; du -sm . | cut -f1",
      );
      return Number(stdout) * MiB > limits.outputBytes;
    },
  },
  {
    isolates: "output",
    sentence: "every place that may be written is a part of scratch, or small",
    onHost: true,
    async breach({ run }) {
      const { stdout } = await run(
        "find / -xdev -type d -writable 2>/dev/null; find /dev /tmp/ /var/tmp/ /run -type d -writable 2>/dev/null",
      );
      const places = stdout.split("\n").filter((path) => path !== "");
      return places.some((path) => !/^\/(build|tmp|var\/tmp|dev\/shm|dev\/pts)(\/|$)/.test(path)) || !stdout;
    },
  },
  {
    isolates: "caller-death",
    sentence: "a payload ends when its caller is killed",
    onHost: true,
    async breach(field) {
      const [program = "", ...args] = startCaller(field, `echo up; sleep ${field.nap(14)}`);
      const caller = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
      await once(caller.stdout, "data");
      caller.kill("SIGKILL");
      await once(caller, "exit");
      return staysAlive(field.nap(14));
    },
  },
];

/** What starts a process as the sandbox's user, outside of it. */
function owner({ sandbox }: Field): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? sandbox.owner : {};
}

/** Gives it two seconds to die, and then sees to it. */
async function staysAlive(command: string): Promise<boolean> {
  for (const end = Date.now() + 2000; Date.now() < end;) {
    if (processesWith(command).length === 0) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const { pid } of processesWith(command)) process.kill(pid, "SIGKILL");
  return true;
}

/** ptrace(PTRACE_SEIZE); the number of the system call is x86-64's, elsewhere it's a harmless other one. */
function trace(pid: number | undefined): string {
  return `perl -e 'exit(syscall(101, 0x4206, ${pid}, 0, 0) == 0 ? 0 : 1)'`;
}
