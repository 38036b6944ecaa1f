import { expect, test } from "vitest";
import { nativeArchitectures } from "./architecture.ts";

const v2 = "fpu cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3";
const v3 = `${v2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave`;

test.each([
  ["x64", "", ["x86_64"]],
  ["x64", `processor : 0\nflags\t\t: ${v2}\n`, ["x86_64", "x86_64_v2"]],
  ["x64", `flags\t\t: ${v3}\n`, ["x86_64", "x86_64_v2", "x86_64_v3"]],
  ["x64", "flags : avx512f avx512bw avx512cd avx512dq avx512vl", ["x86_64"]],
  ["arm64", "Features : fp asimd", ["aarch64"]],
] as const)("a machine of %s with %j runs %j", (machine, cpuinfo, archs) => {
  expect(nativeArchitectures(machine, cpuinfo)).toEqual(archs);
});
