import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came: headers, an empty line, the text. */
  readonly raw: string;
}

/** A real SMTP server on loopback. */
export class MailServer {
  readonly user = "sluice";
  readonly password = "S3cretS3cretS3cret";
  readonly mails: ReceivedMail[] = [];
  /** What it answers to the next mails instead of taking them: codes of RFC 5321; 0: it takes it, and the answer is lost. */
  answers: number[] = [];
  readonly #server = new SMTPServer({
    // A certificate of its own would have to be trusted.
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) => {
      if (username === this.user && password === this.password) return done(null, { user: this.user });
      const error = Object.assign(new Error(`no such user or password: ${password}`), { responseCode: 535 });
      return done(error);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const code = this.answers.shift();
        const { mailFrom, rcptTo } = session.envelope;
        const mail = {
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString(),
        };
        if (code === undefined || code === 0) this.mails.push(mail);
        if (code === 0) return this.#drop();
        return done(code === undefined ? null : Object.assign(new Error("not now"), { responseCode: code }));
      });
    },
  });

  get address(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.#server.on("error", () => undefined);
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
  }

  async stop(): Promise<void> {
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #drop(): void {
    for (const connection of this.#server.connections) {
      (connection as unknown as { _socket: { destroy(): void } })._socket.destroy();
    }
  }
}
