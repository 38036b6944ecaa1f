import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { testImage, useTestImage } from "./containers.ts";

/** What compose.yaml uses of the Compose specification. */
interface Service {
  readonly image: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly security_opt?: readonly string[];
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
}

const file = "compose.yaml";

/**
 * The services of compose.yaml as Podman's own containers, of an image that the Containerfile's last stage makes, over
 * the tests' base and with the program of this folder. Whoever has a Compose program needs nothing of this.
 */
export class ComposedServices {
  readonly #project = `sluice-test-${process.pid}`;
  readonly #image = makeImage();
  readonly #variables: Readonly<Record<string, string>>;
  readonly #mounts: readonly string[];

  /** @param mounts besides those of the file, as `podman run --volume` has them */
  constructor(variables: Readonly<Record<string, string>>, mounts: readonly string[]) {
    this.#variables = { ...variables, SLUICE_IMAGE: this.#image, SLUICE_UNMASK: "unmask=ALL" };
    this.#mounts = [
      ...mounts,
      `${process.cwd()}:/opt/sluice:ro`,
      `${process.execPath}:/usr/local/bin/node:ro`,
    ];
  }

  start(name: string, variables: Readonly<Record<string, string>> = {}): void {
    const service = services({ ...this.#variables, ...variables })[name]!;
    const { image, entrypoint, command = "", environment, network_mode: network, ports = [], user } = service;
    const own = image.startsWith("docker.io/valkey/") ? this.#image : image;
    const options = [
      ["--detach", "--name", this.#nameOf(name), ...(user ? ["--user", user] : [])],
      ["--network", network ? `container:${this.#nameOf(network.replace("service:", ""))}` : "bridge"],
      (service.security_opt ?? []).flatMap((option) => ["--security-opt", option]),
      Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      service.volumes.flatMap((volume) => ["--volume", `${this.#project}-${volume}`]),
      this.#mounts.flatMap((volume) => ["--volume", volume]),
      ports.flatMap((port) => ["--publish", port]),
      entrypoint ? ["--entrypoint", JSON.stringify(entrypoint)] : [],
    ];
    podman("run", ...options.flat(), own, ...command.split(" ").filter(Boolean));
  }

  run(name: string, ...command: string[]): string {
    return podman("exec", this.#nameOf(name), ...command);
  }

  said(name: string): string {
    const { stdout, stderr } = spawnSync("podman", ["logs", this.#nameOf(name)], { encoding: "utf8" });
    return `${stdout}${stderr}`;
  }

  /** The users that a service's programs run as. */
  users(name: string): readonly string[] {
    return podman("top", this.#nameOf(name), "huser").split("\n").slice(1);
  }

  close(): void {
    const names = podman("ps", "--all", "--filter", `name=^${this.#project}-`, "--format", "{{.Names}}");
    // Those that are in another one's network go first.
    for (const name of names.split("\n").toSorted().filter(Boolean)) {
      podman("rm", "--force", "--depend", "--ignore", "--volumes", "--time", "0", name);
    }
    const volumes = podman("volume", "ls", "--filter", `name=${this.#project}-`, "--format", "{{.Name}}");
    for (const volume of volumes.split("\n").filter(Boolean)) podman("volume", "rm", "--force", volume);
  }

  #nameOf(service: string): string {
    return `${this.#project}-${service}`;
  }
}

/** With these variables: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md */
function services(variables: Readonly<Record<string, string>>): Readonly<Record<string, Service>> {
  const replaced = (text: string): string =>
    text.replaceAll(
      /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g,
      (_whole, name: string | undefined, kind: string | undefined, other = "") => {
        if (name === undefined) return "$";
        if (variables[name] !== undefined) return variables[name];
        if (kind === "?") throw new Error(`${name}: ${other}`);
        return String(other);
      },
    );
  const parsed = parse(readFileSync(file, "utf8"), { merge: true }) as object;
  const whole = JSON.parse(JSON.stringify(parsed), (_key, value: unknown) =>
    typeof value === "string" ? replaced(value) : value,
  ) as { services: Record<string, Service> };
  return whole.services;
}

function makeImage(): string {
  useTestImage();
  const containerfile = readFileSync("Containerfile", "utf8");
  const last = containerfile
    .slice(containerfile.lastIndexOf("\nFROM system\n") + 1)
    .replace("FROM system\n", `FROM ${testImage}\n${valkey}`)
    .replace(/^COPY --from=program .*\n/m, "");
  const folder = mkdtempSync(join(tmpdir(), "sluice-image-"));
  try {
    writeFileSync(join(folder, "Containerfile"), last);
    const program = ["--volume", `${process.cwd()}:/opt/sluice`];
    podman("build", "--quiet", "--network", "none", ...program, "--tag", image, folder);
    return image;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const image = "localhost/sluice-test-itself";

/** What the image of Valkey has. */
const valkey =
  "RUN ln -s /usr/bin/redis-server /usr/local/bin/valkey-server && echo 'valkey:x:1000:1000::/data:/bin/sh' >> /etc/passwd\n";

function podman(...args: string[]): string {
  return execFileSync("podman", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
