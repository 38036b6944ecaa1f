import { createHash } from "node:crypto";
import { SluiceError } from "../../errors.ts";
import { timeoutSignal } from "../../timeout-signal.ts";

const timeoutMs = 600_000;

/** A forge's REST API with its token, which goes to that API alone. */
export class ForgeApi {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url without a `/` at its end */
  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
  }

  /**
   * @param path below the API, or the whole address of an upload
   * @param none status codes that are answered with undefined
   * @throws SluiceError `forge-release`
   */
  async ask(
    method: string,
    path: string,
    body?: { readonly json: unknown } | { readonly bytes: Uint8Array },
    none: readonly number[] = [],
  ): Promise<unknown> {
    const response = await this.#send(method, path, body, none);
    if (response === undefined) return undefined;
    const text = await response.text();
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  }

  /** The SHA-256 of what is there; undefined: nothing. */
  async digest(path: string): Promise<string | undefined> {
    const response = await this.#send("GET", path, undefined, [404], "application/octet-stream");
    if (!response?.body) return undefined;
    const hash = createHash("sha256");
    for await (const chunk of response.body) hash.update(chunk as Uint8Array);
    return hash.digest("hex");
  }

  async #send(
    method: string,
    path: string,
    body: { readonly json: unknown } | { readonly bytes: Uint8Array } | undefined,
    none: readonly number[],
    accept = "application/json",
  ): Promise<Response | undefined> {
    const url = path.startsWith("/") ? `${this.#url}${path}` : path;
    const type = body && ("json" in body ? "application/json" : "application/octet-stream");
    const content = body && ("json" in body ? JSON.stringify(body.json) : Buffer.from(body.bytes));
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: { ...this.#headers, accept, ...(type !== undefined && { "content-type": type }) },
        ...(content !== undefined && { body: content }),
        signal: timeoutSignal(timeoutMs),
      });
    } catch (error) {
      throw failed(method, url, String(error));
    }
    if (response.ok) return response;
    const said = (await response.text()).slice(0, 300);
    if (none.includes(response.status)) return undefined;
    throw failed(method, url, `${response.status} ${said}`);
  }
}

function failed(method: string, url: string, said: string): SluiceError {
  return new SluiceError("forge-release", `${method} ${new URL(url).pathname}: ${said}`, {
    hint: "RELEASE_TOKEN of the process that publishes needs the right to write releases; then run it again.",
    exitCode: 1,
  });
}
