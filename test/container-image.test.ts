import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

const containerfile = readFileSync("Containerfile", "utf8").replaceAll("\\\n", "");
const lines = containerfile.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("the container's base is pinned by its digest, and its packages by their day", () => {
  expect(containerfile).toMatch(/^ARG BASE=docker\.io\/library\/archlinux:[\w.-]+@sha256:[0-9a-f]{64}$/m);
  const froms = lines.filter((line) => line.startsWith("FROM "));
  expect(froms).toEqual([`FROM ${"${BASE}"} AS system`, "FROM system AS program", "FROM system"]);
  expect(containerfile).toMatch(/archive\.archlinux\.org\/repos\/\$SNAPSHOT\//);
});

test("what it runs isn't root, and CI jobs find their entry point and the place for their key", () => {
  const ofImage = lines.slice(lines.lastIndexOf("FROM system"));
  expect(ofImage.findLast((line) => line.startsWith("USER "))).toBe("USER sluice");
  expect(ofImage.join("\n")).toMatch(/mkdir \/app \/data && chown sluice: \/app \/data/);
  expect(lines.at(-1)).toBe('ENTRYPOINT ["/entry_point.sh"]');
});

test("all that is copied into it is there, and nothing else reaches the engine", () => {
  const copied = lines
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from"))
    .flatMap((line) => line.split(" ").slice(1, -1));
  const allowed = readFileSync(".containerignore", "utf8").trimEnd().split("\n");
  expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  expect(allowed).toEqual(["*", ...copied.map((path) => `!${path}`)]);
});

interface Service {
  readonly command?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
}

test("the Compose file has a manager, two builders and a Redis with password and persistence, on one loopback", () => {
  const { services, volumes } = parse(readFileSync("compose.yaml", "utf8"), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, null>;
  };
  expect(Object.keys(services)).toEqual(["manager", "redis", "builder-1", "builder-2"]);
  for (const [name, { network_mode, ports, environment, volumes: own }] of Object.entries(services)) {
    // A builder has its own user, whose password is its token.
    const [key, form] = name.startsWith("builder-")
      ? ["BUILDER_TOKEN", /^\$\{BUILDER_TOKEN_[12]:-\}$/]
      : ["REDIS_PASSWORD", /^\$\{REDIS_PASSWORD:\?/];
    expect(environment[key as string], name).toMatch(form as RegExp);
    expect(["REDIS_USERNAME", "REDIS_PASSWORD"].filter((one) => one in environment)).toEqual([
      key === "BUILDER_TOKEN" ? "REDIS_USERNAME" : "REDIS_PASSWORD",
    ]);
    expect(name === "manager" ? ports?.length : network_mode, name).toBe(
      name === "manager" ? 1 : "service:manager",
    );
    expect(own.map((volume) => volume.split(":")[0]!).filter((volume) => !(volume in volumes))).toEqual([]);
    expect(own.join(), name).not.toMatch(/\.sock/);
  }
  expect(JSON.stringify(services["redis"])).toMatch(/--appendonly yes/);
  expect(services["manager"]?.command).toBe("database --web-port 8080");
});
