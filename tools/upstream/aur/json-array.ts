import { SluiceError } from "../../errors.ts";

/** Called with one object of the array: `buffer[start, end)` from its `{` to its `}`. */
export type TakeObject = (buffer: Buffer, start: number, end: number, nested: boolean) => void;

/** No object of any list that is read here comes near; what does isn't such a list. */
const largestObject = 4 * 1024 * 1024;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Cuts a JSON array of objects into its objects as the bytes come, however they are laid out in lines, so that
 * neither the array nor what nobody asked for is ever parsed. It follows strings and brackets alone: what is
 * between them is for the parser of the object. `nested` tells that an object holds another one.
 *
 * Bytes below 128 only occur in UTF-8 as themselves, so no text has to be decoded for that.
 */
export class ArrayCutter {
  readonly #take: TakeObject;
  /** The bytes of an object that has begun. */
  #begun = Buffer.alloc(0);
  /** Where to read on in `#begun` and what follows; behind it where an escape was cut in two. */
  #at = 0;
  #inString = false;
  /** 0: between the objects. */
  #depth = 0;
  #nested = false;
  #expects: "array" | "first" | "object" | "separator" | "nothing" = "array";

  constructor(take: TakeObject) {
    this.#take = take;
  }

  /** @throws SluiceError `json` where it can't be such an array. */
  push(chunk: Buffer): void {
    const buffer = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    const end = buffer.length;
    let at = this.#at;
    let inString = this.#inString;
    let depth = this.#depth;
    let start = 0;
    while (at < end) {
      const byte = buffer[at]!;
      if (inString) {
        if (byte === quote) inString = false;
        else if (byte === backslash) at++;
      } else if (depth === 0) {
        if (byte === openBrace) {
          this.#begin();
          start = at;
          depth = 1;
        } else {
          this.#between(byte);
        }
      } else if (byte === quote) {
        inString = true;
      } else if (byte === openBrace || byte === openBracket) {
        depth++;
        if (byte === openBrace) this.#nested = true;
      } else if (byte === closeBrace || byte === closeBracket) {
        depth--;
        if (depth === 0) this.#take(buffer, start, at + 1, this.#nested);
      }
      at++;
    }
    if (depth > 0 && end - start > largestObject) throw notAnArray("one of its objects is too large");
    this.#begun = depth > 0 ? Buffer.from(buffer.subarray(start)) : Buffer.alloc(0);
    this.#at = depth > 0 ? at - start : 0;
    this.#inString = inString;
    this.#depth = depth;
  }

  /** @throws SluiceError `json` where the end hasn't come. */
  end(): void {
    if (this.#expects !== "nothing" || this.#depth > 0) throw notAnArray("it ends too early");
  }

  #begin(): void {
    if (this.#expects !== "first" && this.#expects !== "object") throw misplaced(openBrace);
    this.#expects = "separator";
    this.#nested = false;
  }

  #between(byte: number): void {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return;
    const expects = this.#expects;
    if (byte === openBracket && expects === "array") this.#expects = "first";
    else if (byte === comma && expects === "separator") this.#expects = "object";
    else if (byte === closeBracket && (expects === "first" || expects === "separator"))
      this.#expects = "nothing";
    else throw misplaced(byte);
  }
}

function misplaced(byte: number): SluiceError {
  const shown = byte > 0x20 && byte < 0x7f ? `\`${String.fromCharCode(byte)}\`` : `byte ${byte}`;
  return notAnArray(`${shown} where a list of objects has none`);
}

function notAnArray(message: string): SluiceError {
  return new SluiceError("json", message, { exitCode: 1 });
}
