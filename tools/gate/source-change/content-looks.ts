/**
 * What a file's bytes look like. `program` is machine code, `packed` a compressed file or an archive: a person can read
 * neither. `encoded` is text that holds a long run of base64, hexadecimal digits or escaped bytes, `minified` text with
 * lines that nobody wrote by hand.
 */
export type Looks = "text" | "image" | "encoded" | "minified" | "binary" | "packed" | "program";

/** Bytes of a line that no person writes. */
const longestWritten = 2000;
/** Bytes of one run of base64 or hexadecimal digits; a SHA-512 has 128. */
const longestDigits = 400;
/** Lines of nothing but such digits, one after the other; a public key has fewer. */
const mostDigitLines = 12;
const shortestDigitLine = 48;
/** Bytes written as `\x41` or `0x41`, where half of the text is made of them. */
const fewestEscapes = 100;

/** Looks at a file as its bytes come, once from the beginning to the end: what is hidden far behind counts as well. */
export class ContentLooks {
  readonly #head = Buffer.alloc(16);
  #seen = 0;
  #hasNul = false;
  #line = 0;
  #longestLine = 0;
  #run = 0;
  #runHas = 0;
  #isEncoded = false;
  #digitLines = 0;
  #escapes = 0;
  #last = 0;

  update(bytes: Uint8Array): void {
    if (this.#seen < this.#head.length)
      this.#head.set(bytes.subarray(0, this.#head.length - this.#seen), this.#seen);
    this.#seen += bytes.length;
    if (this.#hasNul) return;
    for (const byte of bytes) {
      const kind = kinds[byte]!;
      if (kind === nul) {
        this.#hasNul = true;
        return;
      }
      if (byte === lineEnd) this.#endLine();
      else {
        this.#line++;
        if (kind === other) this.#endRun();
        else {
          this.#run++;
          this.#runHas |= kind;
        }
      }
      if (byte === x && (this.#last === backslash || this.#last === zero)) this.#escapes++;
      this.#last = byte;
    }
  }

  /** After the last byte. */
  result(): Looks {
    const magic = magicOf(this.#head.subarray(0, this.#seen));
    if (magic) return magic;
    if (this.#hasNul) return "binary";
    this.#endLine();
    if (this.#isEncoded) return "encoded";
    if (this.#escapes >= fewestEscapes && this.#escapes * 8 >= this.#seen) return "encoded";
    return this.#longestLine > longestWritten ? "minified" : "text";
  }

  #endLine(): void {
    const isDigits = this.#run === this.#line && this.#line >= shortestDigitLine && this.#isMixed();
    this.#digitLines = isDigits ? this.#digitLines + 1 : 0;
    if (this.#digitLines >= mostDigitLines) this.#isEncoded = true;
    this.#endRun();
    this.#longestLine = Math.max(this.#longestLine, this.#line);
    this.#line = 0;
  }

  #endRun(): void {
    if (this.#run > longestDigits && this.#isMixed()) this.#isEncoded = true;
    this.#run = 0;
    this.#runHas = 0;
  }

  /** A line of `=` or of letters alone is no number. */
  #isMixed(): boolean {
    return this.#runHas >= (letter | digit);
  }
}

const [other, letter, digit, nul] = [0, 1, 2, 4];
const [lineEnd, backslash, zero, x] = [0x0a, 0x5c, 0x30, 0x78];

/** By byte: whether base64 or hexadecimal text may hold it. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (byte === 0) return nul!;
  if (/[A-Za-z+/=_-]/.test(character)) return letter!;
  return /\d/.test(character) ? digit! : other!;
});

const magics: readonly (readonly [start: string, looks: Looks])[] = [
  ["\x7fELF", "program"],
  ["MZ", "program"],
  ["\xfe\xed\xfa", "program"],
  ["\xce\xfa\xed\xfe", "program"],
  ["\xcf\xfa\xed\xfe", "program"],
  ["\xca\xfe\xba\xbe", "program"],
  ["\0asm", "program"],
  ["!<arch>\n", "program"],
  ["\x1f\x8b", "packed"],
  ["\xfd7zXZ\0", "packed"],
  ["BZh", "packed"],
  ["\x28\xb5\x2f\xfd", "packed"],
  ["\x5d\0\0", "packed"],
  ["LZIP", "packed"],
  ["PK\x03\x04", "packed"],
  ["7z\xbc\xaf\x27\x1c", "packed"],
  ["Rar!", "packed"],
  ["\x89PNG", "image"],
  ["\xff\xd8\xff", "image"],
  ["GIF8", "image"],
];

/** Only where a byte follows that no text has is `MZ` or `BZh` more than a word. */
function magicOf(head: Uint8Array): Looks | undefined {
  const start = Buffer.from(head).toString("latin1");
  const found = magics.find(([magic]) => start.startsWith(magic))?.[1];
  return found !== undefined && /[^\t\n\r\x20-\x7e]/.test(start) ? found : undefined;
}
