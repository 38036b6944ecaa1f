import { existsSync } from "node:fs";
import { SluiceError } from "../../errors.ts";
import { sendHandOver, type HandOver } from "../../queue/bullmq/hand-overs.ts";
import { redisAddress } from "../../queue/bullmq/redis-address.ts";
import { openTunnel } from "../../system/ssh-tunnel.ts";
import { hostKeys } from "../wiring/builder-addresses.ts";
import { info, warn } from "../output/report.ts";
import { unquoted } from "./arguments.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the jobs of chaotic-manager's clients put DEPLOY_KEY. */
const usualKey = "/app/sshkey";

/**
 * Hands a schedule to the manager through its Redis, over SSH where REDIS_SSH_HOST is set.
 *
 * @throws SluiceError `redis-…`, `ssh-tunnel`
 */
export async function handOver(what: HandOver, given: Environment): Promise<void> {
  const env = Object.fromEntries(
    Object.entries(given).map(([name, text]) => [
      name,
      text !== undefined && /^REDIS_(?:SSH_)?(?:HOST|PORT|USER)$/.test(name) ? unquoted(text) : text,
    ]),
  );
  const host = env["REDIS_SSH_HOST"];
  const redis = redisAddress(host ? { ...env, REDIS_HOST: env["REDIS_HOST"] || "127.0.0.1" } : env);
  if (!redis) {
    throw new SluiceError("redis-address", "neither REDIS_SSH_HOST nor REDIS_HOST is set", {
      hint: "They name the manager's Redis; REDIS_SSH_HOST reaches it through SSH.",
    });
  }
  if (!host) {
    await sendHandOver(redis, what);
  } else {
    const pinned = env["REDIS_SSH_HOST_KEY"];
    if (!pinned) {
      warn(`the host key of ${host} isn't checked: set REDIS_SSH_HOST_KEY to its public key.`);
    }
    const tunnel = await openTunnel({
      host,
      port: Number(env["REDIS_SSH_PORT"] || "22"),
      user: env["REDIS_SSH_USER"] || "redis",
      keyFile: env["REDIS_SSH_KEY_FILE"] || keyThatIsThere(),
      hostKeys: pinned ? hostKeys(pinned) : undefined,
      targets: { redis: `${redis.host}:${redis.port}` },
      troubled: ({ message }) => warn(message),
    });
    try {
      await sendHandOver({ ...redis, socket: tunnel.socket("redis") }, what);
    } finally {
      await tunnel.close();
    }
  }
  const names = what.packages.map(({ pkgbase }) => pkgbase);
  info(
    names.length === 0
      ? `Handed over: ${what.target} is to be compared with main.`
      : `Handed over for ${what.target}: ${names.join(", ")}.`,
  );
}

function keyThatIsThere(): string {
  if (existsSync(usualKey)) return usualKey;
  throw new SluiceError("ssh-tunnel", `there is no ${usualKey}, and REDIS_SSH_KEY_FILE isn't set`, {
    hint: `Put the private key (DEPLOY_KEY) into ${usualKey}: ssh-keygen -t ed25519 -N '' -f FILE`,
  });
}
