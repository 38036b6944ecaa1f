import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ContentLooks } from "./content-looks.ts";

const base64 = (bytes: number): string =>
  Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 137 + 41) % 256)).toString("base64");
const wrapped = (text: string, width: number): string =>
  text.replaceAll(new RegExp(`.{${width}}`, "g"), "$&\n");
const prose = "All that is written by hand has lines that end somewhere, and words between blanks.\n".repeat(
  100,
);

test.each<[what: string, content: string | Uint8Array, looks: string]>([
  ["prose", prose, "text"],
  ["nothing", "", "text"],
  ["letters of other languages", "Grüße, 日本語, עברית\n", "text"],
  ["a word that begins as a program does", "MZ is a word\n", "text"],
  ["a rule of equals signs", `${"=".repeat(800)}\n`, "text"],
  ["lines of equals signs", `${"=".repeat(70)}\n`.repeat(20), "text"],
  ["checksums in a list", `${"0123456789abcdef".repeat(8)}  file\n`.repeat(50), "text"],
  ["one line of a script that no person wrote", "var a=1;if(a){b(c)};".repeat(200), "minified"],
  ["base64 in one line", `x = "${base64(600)}"\n`, "encoded"],
  ["base64 in lines", wrapped(base64(1200), 76), "encoded"],
  ["base64 behind megabytes of prose", prose.repeat(300) + base64(600), "encoded"],
  ["hexadecimal digits", `payload=${Buffer.from(base64(400)).toString("hex")}\n`, "encoded"],
  ["escaped bytes", `printf '${"\\x7f\\x45".repeat(100)}'\n`, "encoded"],
  ["an array of bytes", `char x[] = { ${"0x7f, 0x45,\n".repeat(100)} };\n`, "encoded"],
  ["an ELF file", "\x7fELF\x02\x01\x01", "program"],
  ["a Windows program", "MZ\x90\0\x03", "program"],
  ["a class file", Buffer.from("cafebabe00000034", "hex"), "program"],
  ["a compressed file", gzipSync(prose), "packed"],
  ["a picture", Buffer.from("89504e470d0a1a0a", "hex"), "image"],
  ["a NUL far behind", `${prose}\0`, "binary"],
])("%s", (_, content, looks) => {
  const bytes = Buffer.from(content);
  for (const piece of [bytes.length || 1, 7]) {
    const looking = new ContentLooks();
    for (let at = 0; at < bytes.length; at += piece) looking.update(bytes.subarray(at, at + piece));
    expect(looking.result()).toBe(looks);
  }
});

test("random bytes are no text", () => {
  const looking = new ContentLooks();
  looking.update(randomBytes(5000));
  expect(looking.result()).not.toBe("text");
});
