import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { HttpAnswer } from "./http.ts";

/** Larger than zlib's own, for dumps of many megabytes. */
const chunkSize = 256 * 1024;

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ chunkSize }),
  "x-gzip": () => createGunzip({ chunkSize }),
  deflate: () => createInflate({ chunkSize }),
  br: () => createBrotliDecompress({ chunkSize }),
};

/** An answer's body as it comes, and whether it was the body that failed, not its reader. */
export interface Body {
  readonly chunks: AsyncIterable<Buffer>;
  readonly failure: () => { readonly error: unknown } | undefined;
}

/** Decodes as Content-Encoding says. Reading throws `tooLarge()` beyond `maxBytes`, counted after decoding. */
export function readBody(
  raw: Readable,
  answer: Pick<HttpAnswer, "status" | "headers">,
  maxBytes: number,
  tooLarge: () => Error,
): Body {
  let failure: { readonly error: unknown } | undefined;
  async function* chunks(): AsyncGenerator<Buffer> {
    const iterator = decoded(raw, codingOf(answer))[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let bytes = 0;
    try {
      for (;;) {
        const next = await iterator.next().catch((error: unknown) => {
          failure = { error };
          throw error;
        });
        if (next.done === true) return;
        bytes += next.value.length;
        if (bytes > maxBytes) throw tooLarge();
        yield next.value;
      }
    } finally {
      // A reader that stops halfway doesn't want the rest.
      await iterator.return?.();
    }
  }
  return { chunks: chunks(), failure: () => failure };
}

/** Answers without a body may still say how it would be encoded. */
function codingOf({ status, headers }: Pick<HttpAnswer, "status" | "headers">): string {
  const isEmpty = status === 204 || status === 304 || headers["content-length"] === "0";
  return isEmpty ? "" : (headers["content-encoding"]?.trim().toLowerCase() ?? "");
}

function decoded(raw: Readable, coding: string): Readable {
  if (coding === "" || coding === "identity") return raw;
  const decoder = decoders[coding];
  if (!decoder) return raw.destroy(Object.assign(new Error("unknown coding"), { code: "Z_CODING" }));
  // Iterating tells the error of either; nobody waits for the pipeline itself.
  return pipeline(raw, decoder(), () => undefined);
}
