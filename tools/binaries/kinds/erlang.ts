import { installed, type Kind, versionParts } from "../kind.ts";

/** Compiled modules run on the release that they were made on and two later ones; native ones on theirs. */
export const erlang: Kind = {
  name: "erlang",
  title: "Erlang/OTP",
  needOfPath: (path) =>
    /^usr\/lib\/(?:erlang|elixir)\/lib\/.*\.(?:beam|so)$/.test(path) ? installed : undefined,
  providers: { erlang: versionParts(1), "erlang-core": versionParts(1), "erlang-nox": versionParts(1) },
};
