import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { answer, FaultyServer, type Fault } from "./faulty-server.ts";

export interface WebhookMessage {
  readonly kind: string;
  readonly repository: string;
  readonly packages: readonly {
    readonly pkgbase: string;
    readonly event: number;
    readonly message: string;
  }[];
}

/** A receiver that checks signatures as standardwebhooks.com has it, and bodies by the published schema. */
export class WebhookReceiver {
  readonly key = Buffer.from("S3cretS3cretS3cretS3cret");
  readonly secret = `whsec_${this.key.toString("base64")}`;
  readonly messages: WebhookMessage[] = [];
  readonly ids: string[] = [];
  readonly wrong: string[] = [];
  #told: () => void = () => undefined;
  readonly #valid = new Ajv2020().compile<WebhookMessage>(
    JSON.parse(readFileSync("docs/webhook.schema.json", "utf8")) as object,
  );
  readonly #server = new FaultyServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) =>
      String(request.headers[`webhook-${name}`]),
    );
    const expected = createHmac("sha256", this.key).update(`${id}.${timestamp}.${body}`).digest("base64");
    const message: unknown = JSON.parse(body);
    if (signature !== `v1,${expected}`) this.wrong.push(`signature ${signature}`);
    if (!this.#valid(message)) this.wrong.push(JSON.stringify(this.#valid.errors));
    this.ids.push(id!);
    this.messages.push(message as WebhookMessage);
    answer(response, { status: 200, body: {} });
    this.#told();
  });

  set faults(faults: readonly Fault[]) {
    this.#server.faults = faults;
  }

  get url(): string {
    return `${this.#server.url}/hook`;
  }

  /** `kind pkgbase`, in the order in which it was told. */
  get told(): string[] {
    return this.messages.flatMap(({ kind, packages }) => packages.map(({ pkgbase }) => `${kind} ${pkgbase}`));
  }

  /** Resolves once `holds` says so, which is asked after each message. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#told = resolve));
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
