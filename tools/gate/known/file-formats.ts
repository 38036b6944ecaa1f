/** First bytes, in hexadecimal, of what runs or holds other files and can't be read as text. */
const beginnings =
  "7f454c46|4d5a|feedface|feedfacf|cefaedfe|cffaedfe|cafebabe|0061736d|4243c0de|64657[89]0a|6465780a" +
  // Archives and what compresses: gzip, compress, bzip2, xz, zstd, zip, 7z, rar, lz4, lzip, lzma, ar, rpm, cab, xar, squashfs.
  "|1f8b|1f9d|1fa0|425a68|fd377a58|28b52ffd|5[0-9a-f]2a4d18|504b0304|504b0506|377abcaf|526172211a|04224d18|02214c18|4c5a4950|5d0000|213c6172|edabeedb|4d534346|78617221|68737173|73717368" +
  // cpio in its four forms.
  "|30373037303[127]|c771|71c7" +
  // Bytecode: Lua, LuaJIT, Erlang, OCaml, Emacs, Guile, gettext, Python's pickles.
  "|1b4c7561|1b4c4a|464f5231|43616d6c31393939|3b454c43|474f4f46|de120495|950412de|800[2-5]";
const beginning = new RegExp(`^(?:${beginnings})`);

/** Programs, bytecode and archives by what they hold. */
export function isProgram(bytes: Uint8Array): boolean {
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return (
    beginning.test(start) ||
    // Python's bytecode: a number of its version, then a line end of each kind.
    start.slice(4, 8) === "0d0a" ||
    textAt(bytes, 257, 5) === "ustar" ||
    isOldTar(bytes) ||
    textAt(bytes, 0x8001, 5) === "CD001" ||
    hasZipInside(bytes)
  );
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** tar before ustar has no mark, but a sum over its header. */
function isOldTar(bytes: Uint8Array): boolean {
  if (bytes.length < 512) return false;
  const field = textAt(bytes, 148, 8);
  const [, octal] = /^[ 0]*([0-7]+)[ \0]*$/.exec(field) ?? [];
  if (octal === undefined) return false;
  let sum = 0;
  for (let at = 0; at < 512; at += 1) sum += at >= 148 && at < 156 ? 32 : (bytes[at] ?? 0);
  return sum === Number.parseInt(octal, 8);
}

/** A zip may stand behind anything, as in Python's programs of one file. */
function hasZipInside(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x50); at !== -1; at = bytes.indexOf(0x50, at + 1)) {
    if (bytes[at + 1] === 0x4b && bytes[at + 2] === 5 && bytes[at + 3] === 6) return true;
  }
  return false;
}
