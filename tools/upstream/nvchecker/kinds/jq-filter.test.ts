import { describe, expect, test } from "vitest";
import { SluiceError } from "../../../errors.ts";
import { readJqFilter } from "./jq-filter.ts";

const release = {
  tag: "v1.2",
  assets: [{ name: "foo-V1.2-x86_64.AppImage" }, { name: "foo-V1.2.exe" }],
  "v4-stable": { version: "4.0.1" },
};

describe("a jq filter", () => {
  test.each([
    [".", "x", ["x"]],
    [".tag", release, ["v1.2"]],
    [' ."v4-stable".version ', release, ["4.0.1"]],
    ['.["v4-stable"]["version"]', release, ["4.0.1"]],
    [".[0].version", [{ version: "1.0" }, { version: "0.9" }], ["1.0"]],
    [".[-1]", [1, 2, 3], [3]],
    [".[7]", [1], [null]],
    [".missing.deeper", release, [null]],
    [".constructor", {}, [null]],
    [".assets[] | .name", release, ["foo-V1.2-x86_64.AppImage", "foo-V1.2.exe"]],
    [".assets | map(.name) | .[1]", release, ["foo-V1.2.exe"]],
    [
      ".[] | select(.lts == true) | .v",
      [
        { lts: true, v: "20" },
        { lts: false, v: "21" },
      ],
      ["20"],
    ],
    [
      '.[] | select(.arch != "arm") | .v',
      [
        { arch: "arm", v: "1" },
        { arch: "x86", v: "2" },
      ],
      ["2"],
    ],
    [
      String.raw`.assets[] | select(.name | test("AppImage$")) | .name | capture("-V(?<ver>.*?)-x86_64\\.") | .ver`,
      release,
      ["1.2"],
    ],
    ['capture("(?<none>x)")', "y", []],
    ["(.tag)", release, ["v1.2"]],
  ] as const)("%s answers as jq does", (filter, input, outputs) => {
    expect(readJqFilter(filter, "nvchecker.toml")(input)).toEqual(outputs);
  });

  test.each([
    [".a // .b", "//"],
    [".a | sort_by(.b)", "sort_by"],
    [".a | length", "length"],
    ['.a | "\\(.b)-\\(.c)"', "(.b)"],
    [".a | split", "split"],
    [".[1:2]", ":2"],
    [".a)", ")"],
    ["select(.a", "its end"],
    ["..", "."],
    ["env", "env"],
    ["input_filename", "input_filename"],
    ["", "its end"],
  ])("%s is refused, and the error names what isn't understood", (filter, named) => {
    expect(() => readJqFilter(filter, "nvchecker.toml")).toThrow(SluiceError);
    expect(() => readJqFilter(filter, "nvchecker.toml")).toThrow(named);
  });

  test.each([
    [".a", "text"],
    [".[0]", { a: 1 }],
    ['test("a")', 5],
    [".[]", "text"],
  ])("%s of a document in another form is an error of that document", (filter, input) => {
    expect(() => readJqFilter(filter, "nvchecker.toml")(input)).toThrow("the document lacks");
  });
});
