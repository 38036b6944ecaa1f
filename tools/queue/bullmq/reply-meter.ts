/**
 * Watches what Redis sends, piece by piece, and tells whether one answer of it is larger than `most` bytes. Whoever may
 * write into Redis decides how much there is to read.
 *
 * https://redis.io/docs/latest/develop/reference/protocol-spec/, versions 2 and 3
 */
export function replyMeter(most: number): (piece: Buffer) => boolean {
  /** Of the answer, so far. */
  let size = 0;
  /** Values that it still consists of. */
  let values = 1;
  /** Bytes of a text that are still to come, with the end of its line. */
  let text = 0;
  let line = "";

  function endLine(): void {
    const [kind = "", count] = [line[0], Number.parseInt(line.slice(1), 10)];
    line = "";
    const parts = Number.isNaN(count) ? 0 : Math.max(0, count) * (partsOf[kind] ?? 0);
    // What is said about a value comes before it.
    values += parts - (kind === "|" ? 0 : 1);
    if (texts.has(kind) && count >= 0) text = count + 2;
  }

  return (piece) => {
    for (let at = 0; at < piece.length && size <= most;) {
      const isText = text > 0;
      const found = isText ? -1 : piece.indexOf("\n", at);
      const end = isText ? at + text : found === -1 ? piece.length : found + 1;
      const part = piece.subarray(at, end);
      at += part.length;
      size += part.length;
      if (isText) text -= part.length;
      else if (line.length < longestCount) line += part.toString("latin1", 0, longestCount);
      if (found !== -1) endLine();
      if (values === 0 && text === 0) [size, values] = [0, 1];
    }
    return size > most;
  };
}

const texts = new Set(["$", "!", "="]);

const partsOf: Readonly<Record<string, number>> = { "*": 1, "~": 1, ">": 1, "%": 2, "|": 2 };

/** A sign and a number. */
const longestCount = 32;
