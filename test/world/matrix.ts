import { answer, FaultyServer, type Fault } from "./faulty-server.ts";

/** A Matrix homeserver as far as sending goes, held to the client-server API v1.11, 10.5 and 5.7. */
export class MatrixServer {
  readonly token = "syt_S3cretS3cretS3cret";
  readonly room = "!packages:example.org";
  /** The contents of the events in the room, in order. */
  readonly events: Record<string, unknown>[] = [];
  readonly #transactions = new Map<string, number>();
  readonly #server = new FaultyServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, room, transaction] =
      /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/m\.room\.message\/([^/?]+)$/.exec(request.url!) ?? [];
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return answer(response, { status: 401, body: { errcode: "M_UNKNOWN_TOKEN", error: "Unknown token" } });
    }
    if (request.method !== "PUT" || room === undefined) {
      return answer(response, { status: 404, body: { errcode: "M_UNRECOGNIZED", error: "Unrecognized" } });
    }
    if (decodeURIComponent(room) !== this.room) {
      const body = { errcode: "M_FORBIDDEN", error: "You are not in that room" };
      return answer(response, { status: 403, body });
    }
    const known = this.#transactions.get(transaction!);
    const event = known ?? this.events.push(JSON.parse(Buffer.concat(chunks).toString()) as object as never);
    this.#transactions.set(transaction!, event);
    return answer(response, { status: 200, body: { event_id: `$${event}` } });
  });

  set faults(faults: readonly Fault[]) {
    this.#server.faults = faults;
  }

  get homeserver(): string {
    return this.#server.url;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
