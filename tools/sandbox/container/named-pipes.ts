import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

/**
 * Named pipes in a folder that the container sees: what comes through them waits in the payload's own writes until
 * it's read, whatever the engine does with a container's output, and `control` is closed when this process dies.
 */
export interface NamedPipes {
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** What is collected, as a tar stream. */
  readonly archive: Socket;
  /** What the first process says of itself. */
  readonly status: Socket;
  /** Once the container has opened its ends, or never will. */
  opened(): void;
  /** Has the first process send a signal to the payload. */
  send(signal: "TERM" | "KILL"): void;
  /** Ends all that is in the container. */
  close(): void;
}

const fromInside = ["stdout", "stderr", "archive", "status"] as const;

/** `folder` is an empty, private one. */
export function namedPipes(folder: string): NamedPipes {
  const path = (name: string) => join(folder, name);
  const paths = [...fromInside, "control"].map(path);
  execFileSync("mkfifo", ["-m", "0666", ...paths], { env: { PATH: "/usr/bin:/bin" } });
  const [stdout, stderr, archive, status] = fromInside.map((name) => readEnd(path(name))) as [
    Socket,
    Socket,
    Socket,
    Socket,
  ];
  // A pipe that nobody writes to yet has ended for its reader, so until then it's this process.
  const held = fromInside.map((name) => openSync(path(name), "w"));
  let control: number | undefined = openSync(path("control"), constants.O_RDWR | constants.O_NONBLOCK);
  return {
    stdout,
    stderr,
    archive,
    status,
    opened() {
      for (const fd of held.splice(0)) closeSync(fd);
    },
    send(signal) {
      if (control !== undefined) writeSync(control, `${signal}\n`);
    },
    close() {
      if (control !== undefined) closeSync(control);
      control = undefined;
    },
  };
}

/** Without O_NONBLOCK opening would wait for a writer. */
function readEnd(path: string): Socket {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
