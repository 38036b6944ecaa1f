import { expect, test } from "vitest";
import { ArrayCutter } from "./json-array.ts";

interface Cut {
  readonly text: string;
  readonly nested: boolean;
}

function cut(chunks: Iterable<Buffer>): Cut[] {
  const objects: Cut[] = [];
  const cutter = new ArrayCutter((buffer, start, end, nested) => {
    objects.push({ text: buffer.toString("utf8", start, end), nested });
  });
  for (const chunk of chunks) cutter.push(chunk);
  cutter.end();
  return objects;
}

const tricky = [
  { Name: "plain" },
  { Name: 'a } in ] a { string [ and a " quote', Description: "a backslash at the end \\" },
  { Name: "ünïcödé 📦", Depends: ["a", "b"], Deep: { er: [{ x: {} }] } },
  {},
];

test.each([
  ["one object per line, as the AUR writes it", `[\n${tricky.map((o) => JSON.stringify(o)).join(",\n")}\n]`],
  ["all in one line", JSON.stringify(tricky)],
  ["indented over many lines", JSON.stringify(tricky, undefined, 2)],
  ["with tabs and DOS line ends", JSON.stringify(tricky, undefined, "\t").replaceAll("\n", "\r\n")],
])("a list laid out %s is cut into its objects, wherever the network cuts it", (_, text) => {
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    const objects = cut(chunks);
    expect(objects.map((object) => JSON.parse(object.text) as unknown)).toEqual(tricky);
    expect(objects.map(({ nested }) => nested)).toEqual([false, false, true, false]);
  }
});

test("an empty list has no objects", () => {
  expect(cut([Buffer.from(" [ ] \n")])).toEqual([]);
});

test.each([
  ["nothing", ""],
  ["a list that ends in the middle", '[{"a":1},'],
  ["a list that ends behind an object", '[{"a":1}'],
  ["a list that ends within an object", '[{"a":1'],
  ["a list that ends within a string", '[{"a":"b]}'],
  ["an object", '{"a":1}'],
  ["a page of HTML", "<html><body>Down for maintenance</body></html>"],
  ["a list of numbers", "[1,2]"],
  ["a list of lists", '[[{"a":1}]]'],
  ["objects without a comma between", '[{"a":1}{"b":2}]'],
  ["a comma at the end", '[{"a":1},]'],
  ["two lists", '[{"a":1}][{"a":1}]'],
  ["something behind the list", '[{"a":1}] and more'],
])("%s isn't taken for a list of objects", (_, text) => {
  expect(() => cut([Buffer.from(text)])).toThrowError(expect.objectContaining({ code: "json" }));
});

test("an object without an end doesn't fill the memory", () => {
  const endless = (function* () {
    yield Buffer.from('[{"a":"');
    for (let count = 0; count < 1000; count++) yield Buffer.alloc(64 * 1024, "a");
  })();
  expect(() => cut(endless)).toThrowError("too large");
});
