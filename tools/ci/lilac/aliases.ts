/** What lilac's own `aliases.yaml` says, as of August 2026: entries of `update_on` that many packages share. */
export const aliases: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
  python: minor("python"),
  ruby: minor("ruby"),
  perl: minor("perl"),
  r: minor("r"),
  lua: minor("lua"),
  boost: minor("boost-libs"),
  mediawiki: minor("mediawiki"),
  "qt6-base": minor("qt6-base"),
  icu: major("icu"),
  readline: major("readline"),
  clang: major("clang"),
  protobuf: library("protobuf", "libprotobuf.so"),
  jsoncpp: library("jsoncpp", "libjsoncpp.so"),
  grpc: library("grpc", "libgrpc++.so"),
  libssl: library("openssl", "libssl.so"),
  libcrypto: library("openssl", "libcrypto.so"),
  spdlog: library("spdlog", "libspdlog.so"),
  fmt: library("fmt", "libfmt.so"),
  openmpi: library("openmpi", "libmpi.so"),
  libgit2: library("libgit2", "libgit2.so"),
};

function minor(alpm: string): Record<string, string> {
  return { source: "alpm", alpm, from_pattern: String.raw`^(\d+\.\d+)\..*`, to_pattern: String.raw`\1` };
}

function major(alpm: string): Record<string, string> {
  return { source: "alpm", alpm, from_pattern: String.raw`^(\d+)\..*`, to_pattern: String.raw`\1` };
}

function library(alpm: string, provided: string): Record<string, string | boolean> {
  return { source: "alpm", alpm, provided, strip_release: true };
}
