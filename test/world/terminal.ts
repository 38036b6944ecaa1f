import { spawn, type ChildProcess } from "node:child_process";

/** A shell on a terminal of its own, as a person at a keyboard has it; needs `script` (util-linux). */
export class Terminal {
  readonly #shell: ChildProcess;
  #shown = "";
  #changed: () => void = () => {};

  /** @param command starts an interactive shell */
  constructor(command: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.#shell = spawn("script", ["-qfec", command, "/dev/null"], {
      ...options,
      env: { ...options.env, TERM: "dumb" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#shell.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#shown += text;
      this.#changed();
    });
    this.#shell.on("close", () => this.#changed());
    this.#shell.stdin!.write("PS1='READY> '\n");
  }

  /** Types a command, and waits until it is done and the shell is ready for the next. */
  async type(keys: string): Promise<void> {
    this.#shown = "";
    // Typed as D""ONE, so that the echo of the keys isn't taken for the answer.
    this.#shell.stdin!.write(`${keys}; echo D""ONE\n`);
    while (!/DONE\r?\n[^]*READY> /.test(this.#shown)) {
      if (this.#shell.exitCode !== null) throw new Error(`the shell ended: ${this.#shown}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#shell.once("close", resolve));
    this.#shell.stdin!.end("exit\n");
    await ended;
  }
}
