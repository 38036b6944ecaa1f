import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

/**
 * Two real pipes for a child's stdout and stderr. What Node makes by itself are sockets, which a child can't
 * open again by name: `echo > /dev/stderr`, common in recipes, would fail.
 */
export interface OutputPipes {
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** For the child; closed here once it has them. */
  readonly childEnds: readonly [number, number];
  closeChildEnds(): void;
}

/** `folder` is an empty, private one; it's left empty. */
export function outputPipes(folder: string): OutputPipes {
  const paths = [join(folder, "stdout"), join(folder, "stderr")] as const;
  execFileSync("mkfifo", ["-m", "0666", ...paths], { env: { PATH: "/usr/bin:/bin" } });
  const [stdout, stderr] = [readEnd(paths[0]), readEnd(paths[1])];
  const childEnds = [openSync(paths[0], "w"), openSync(paths[1], "w")] as const;
  for (const path of paths) unlinkSync(path);
  return { stdout, stderr, childEnds, closeChildEnds: () => childEnds.forEach((fd) => closeSync(fd)) };
}

/** Without O_NONBLOCK opening would wait for a writer. */
function readEnd(path: string): Socket {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
