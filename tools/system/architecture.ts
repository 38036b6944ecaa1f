import { readFileSync } from "node:fs";

/** Node's names and pacman's. */
const names: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: "x86_64",
  ia32: "i686",
  arm64: "aarch64",
  arm: "armv7h",
  riscv64: "riscv64",
  loong64: "loong64",
  ppc64: "powerpc64le",
};

/** What the levels need beyond those before them: the x86-64 psABI's table, as /proc/cpuinfo names its flags. */
const levels: readonly (readonly [arch: string, flags: string])[] = [
  ["x86_64_v2", "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3"],
  ["x86_64_v3", "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"],
  ["x86_64_v4", "avx512f avx512bw avx512cd avx512dq avx512vl"],
];

/**
 * The architectures whose programs this machine runs by itself, its own first.
 *
 * @param cpuinfo what /proc/cpuinfo says
 */
export function nativeArchitectures(
  machine: NodeJS.Architecture = process.arch,
  cpuinfo: string = readCpuinfo(),
): readonly string[] {
  const own = names[machine] ?? machine;
  if (own !== "x86_64") return [own];
  const has = new Set((/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? "").split(" "));
  const missing = levels.findIndex(([, flags]) => flags.split(" ").some((flag) => !has.has(flag)));
  const able = missing === -1 ? levels : levels.slice(0, missing);
  return [own, ...able.map(([arch]) => arch)];
}

function readCpuinfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
