import { group, type Kind, versionParts } from "../kind.ts";

const text = new TextDecoder("latin1");

/** By major version of Node.js, NODE_MODULE_VERSION (nodejs/node, doc/abi_version_registry.json). */
const abis = new Map([
  ["16", "93"],
  ["18", "108"],
  ["20", "115"],
  ["21", "120"],
  ["22", "127"],
  ["23", "131"],
  ["24", "137"],
  ["25", "141"],
]);

const abiOf = (version: string): string | undefined => abis.get(versionParts(1)(version) ?? "");

/** Native modules that aren't made with Node-API export a symbol that names the ABI. */
export const node: Kind = {
  name: "node",
  title: "Node.js ABI",
  needOfBinary: (path, { names }) =>
    path.endsWith(".node")
      ? group(/(?:^|\0)_?node_register_module_v(\d+)(?:\0|$)/)(text.decode(names()))
      : undefined,
  providers: {
    nodejs: abiOf,
    "nodejs-lts-iron": abiOf,
    "nodejs-lts-jod": abiOf,
    "nodejs-lts-krypton": abiOf,
  },
};
