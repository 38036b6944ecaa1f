import { SluiceError } from "../../errors.ts";
import type { ManagerAddress } from "../../manager/remote/manager-client.ts";
import { redisAddress, type RedisAddress } from "../../queue/bullmq/redis-address.ts";
import { openTunnel } from "../../system/ssh-tunnel.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** How a builder reaches its manager. */
export interface BuilderAddresses {
  readonly redis: RedisAddress;
  readonly manager: ManagerAddress;
  close(): Promise<void>;
}

/**
 * Directly, or through SSH where REDIS_SSH_HOST is set: then REDIS_HOST and MANAGER_URL are as seen from there.
 *
 * @throws SluiceError `redis-…`, `builder-token`, `ssh-tunnel`
 */
export async function builderAddresses(
  env: Environment,
  troubled: (error: SluiceError) => void,
): Promise<BuilderAddresses> {
  const token = env["BUILDER_TOKEN"];
  if (!token) {
    throw new SluiceError("builder-token", "BUILDER_TOKEN isn't set", {
      hint: "On the manager: sluice builders add NAME; it prints the token.",
    });
  }
  const url = env["MANAGER_URL"] || "http://127.0.0.1:8080";
  const host = env["REDIS_SSH_HOST"];
  const redis = redisAddress({
    ...env,
    ...(host && { REDIS_HOST: env["REDIS_HOST"] || "127.0.0.1" }),
    // The password of a builder's own user is its token.
    REDIS_PASSWORD: env["REDIS_PASSWORD"] || (env["REDIS_USERNAME"] && token),
  });
  if (!redis) {
    throw new SluiceError("redis-address", "REDIS_HOST isn't set", {
      hint: "It names the manager's Redis, for example REDIS_HOST=redis://10.0.0.2:6379; REDIS_SSH_HOST reaches it through SSH.",
    });
  }
  if (!host) return { redis, manager: { url, token }, close: async () => undefined };

  const overSsh = url.startsWith("http://");
  const tunnel = await openTunnel({
    host,
    port: Number(env["REDIS_SSH_PORT"] || "22"),
    user: env["REDIS_SSH_USER"] || "redis",
    keyFile: requiredOf(env, "REDIS_SSH_KEY_FILE"),
    hostKeys: hostKeys(requiredOf(env, "REDIS_SSH_HOST_KEY")),
    targets: { redis: placeOf(redis.host, redis.port), ...(overSsh && { manager: targetOf(url) }) },
    troubled,
  });
  return {
    redis: { ...redis, socket: tunnel.socket("redis") },
    manager: { url, token, ...(overSsh && { socket: tunnel.socket("manager") }) },
    close: () => tunnel.close(),
  };
}

/** One a line. */
export function hostKeys(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

function targetOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url ? placeOf(url.hostname, Number(url.port || "80")) : "";
}

function placeOf(host: string, port: number): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}

function requiredOf(env: Environment, name: "REDIS_SSH_KEY_FILE" | "REDIS_SSH_HOST_KEY"): string {
  const value = env[name];
  if (value) return value;
  throw new SluiceError("ssh-tunnel", `${name} isn't set`, {
    hint:
      name === "REDIS_SSH_KEY_FILE"
        ? "It names the file with the private key: ssh-keygen -t ed25519 -N '' -f FILE"
        : "It is the server's public key, as `ssh-keyscan HOST` prints it after the name; compare it with the server's own.",
  });
}
