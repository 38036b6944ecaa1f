/** How a bundled program is started. Paths are from the launcher's folder. */
export interface Launch {
  readonly loader: string;
  readonly program: string;
  /** From the program's folder; only the loader reads it, so that no name of a folder above can mean anything in it. */
  readonly libraries: string;
}

/**
 * A file that starts a program with the libraries that lie beside it, from whatever folder it is in, by whatever link
 * it was called:
 *
 *     FOLDER/LOADER --library-path '$ORIGIN/LIBRARIES' --argv0 ARGUMENT0 FOLDER/PROGRAM ARGUMENT1 …
 *
 * For the usual machines it is a program of a few hundred bytes that needs nothing at all, so that it starts in an empty
 * root as well; for others a script of sh.
 *
 * @param machine as `Elf` has it
 */
export function launcherFor(machine: string, launch: Launch): Uint8Array {
  const native = natives.get(machine);
  return native ? program(native, launch) : new TextEncoder().encode(script(launch));
}

interface Native {
  /** e_machine */
  readonly number: number;
  /** What `as` makes of launcher-*.s beside this file. */
  readonly code: string;
}

export const natives: ReadonlyMap<string, Native> = new Map([
  [
    "x86_64-64",
    {
      number: 62,
      code: "SYnkSIHsAIAAALhZAAAASI09IQEAAEiJ5roAEAAADwVJieZJicdIhcB/PUmLDCRJjXzMEEiDxwhIg3/4AHX1SIsHTIt3CEiDxxBIhcAPhL4AAABIg/gfdeZFMf9DgDw+AHQFSf/H6/RNhf90DUOAfD7/L3QFSf/P6+5IjRXqAAAASI28JAAQAADojwAAAEmJxeiHAAAASInDSInVSYsMJGoASP/JfgdB/3TMCOv0SYtEJAhIhcBID0TDU1BIjQWSAAAAUFVIjQV6AAAAUEFVuDsAAABMie9IieZJiwwkSY1UzBAPBUyJ7jHS/8KAPBYAdfi4AQAAAL8CAAAADwW4AQAAAEiNNVMAAAC6DgAAAA8FuDwAAAC/fwAAAA8FSIn4TIn2TIn586SKCogPSP/CSP/HhMl18sMvcHJvYy9zZWxmL2V4ZQAtLWxpYnJhcnktcGF0aAAtLWFyZ3YwACBjYW4ndCBiZSBydW4K",
    },
  ],
  [
    "aarch64-64",
    {
      number: 183,
      code: "8wMAkf8jQNFgDICSgQsAEOIDAJEDAILSyAmA0gEAANT0AwCR9QMAqh8AAPHsAQBUaQJA+WoOCYtKQQCRS4VA+Ov//7VLUcGoywcAtH99APGh//9UFQCA0otqdThrAAA0tQYAkf3//xf1AAC0qQYA0YtqaTh/vQBxYAAAVPUDCar6//8XdgkAEPcHQJEwAACU+AMAqi4AAJT6AwCq+QMWqmkCQPkqIQCRSvl/kv9vKsvhAwCRqwYAcDgsAKnrBgBQOSwBqWsGQPl/AQDxSwOLmitoAqkswACRbUIAkSkFAPGNAABUq4VA+IuFAPj8//8XnwEA+eADGKppAkD5Yg4Ji0JAAJGoG4DSAQAA1OEDGKoCAIDSQgQAkStoYjjL//81QACA0ggIgNIBAADUQACA0oEDAFDCAYDSCAiA0gEAANTgD4DSqAuA0gEAANTgAxeqCQCA0j8BFeugAABUi2ppOOsWADgpBQCR+///F8sWQDjrFgA4y///NcADX9YvcHJvYy9zZWxmL2V4ZQAtLWxpYnJhcnktcGF0aAAtLWFyZ3YwACBjYW4ndCBiZSBydW4K",
    },
  ],
]);

/** An ELF file (System V gABI 4.3, chapter 4) with one segment, which is all of it: the headers, the code, the texts. */
function program({ number, code }: Native, { loader, libraries, program }: Launch): Uint8Array {
  const texts = new TextEncoder().encode(`${loader}\0${program}\0$ORIGIN/${libraries}\0`);
  const body = Buffer.concat([Buffer.from(code, "base64"), texts]);
  const [address, headers] = [0x400000n, 64 + 2 * 56];
  const size = BigInt(headers + body.length);
  const bytes = Buffer.alloc(headers);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(number, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(address + BigInt(headers), 24);
  bytes.writeBigUInt64LE(64n, 32);
  for (const [at, value] of [
    [52, 64],
    [54, 56],
    [56, 2],
  ] as const)
    bytes.writeUInt16LE(value, at);
  // PT_LOAD, read and execute.
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(5, 68);
  for (const [at, value] of [
    [80, address],
    [88, address],
    [96, size],
    [104, size],
    [112, 0x10000n],
  ] as const)
    bytes.writeBigUInt64LE(value, at);
  // PT_GNU_STACK: not executable.
  bytes.writeUInt32LE(0x6474e551, 120);
  bytes.writeUInt32LE(6, 124);
  return Buffer.concat([bytes, body]);
}

function script({ loader, libraries, program }: Launch): string {
  return `#!/bin/sh
# Starts the program that lies beside it with the libraries of its archive.
self=$0
case $self in */*) ;; *) self=./$self ;; esac
while [ -L "$self" ]; do
  to=$(readlink -- "$self")
  case $to in /*) self=$to ;; *) self=\${self%/*}/$to ;; esac
done
DIR=\${self%/*}
exec "$DIR"/${quoted(loader)} --library-path ${quoted(`$ORIGIN/${libraries}`)} --argv0 "$0" "$DIR"/${quoted(program)} "$@"
`;
}

/** A program's name is anybody's. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
