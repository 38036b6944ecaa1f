import { SluiceError } from "../../errors.ts";

/** Where Redis or Valkey listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** A Unix socket in place of host and port, such as the end of a tunnel. */
  readonly socket?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads REDIS_HOST, REDIS_PORT, REDIS_USERNAME and REDIS_PASSWORD. REDIS_HOST may be an address, too:
 * `redis://host:port`, or `rediss://` for TLS.
 *
 * @returns undefined where REDIS_HOST isn't set
 * @throws SluiceError `redis-address`, `redis-password`
 */
export function redisAddress(env: Environment): RedisAddress | undefined {
  const { REDIS_HOST: given, REDIS_PORT: port, REDIS_USERNAME: username, REDIS_PASSWORD: password } = env;
  if (!given) return undefined;
  const place = /^rediss?:\/\//.test(given) ? fromUrl(given) : { host: given, port: "", tls: false };
  const address = {
    host: place.host,
    tls: place.tls,
    port: portOf(place.port || port || "6379"),
    username: username || undefined,
    password: password || undefined,
  };
  if (!/^[\w.:-]+$/.test(address.host)) throw malformed();
  requireSafe(address);
  return address;
}

/** The machine itself, which others can't listen in on. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Whoever reaches a Redis without a password writes into it what he likes. */
function requireSafe({ host, password }: RedisAddress): void {
  if (password !== undefined || isLoopback(host)) return;
  throw new SluiceError("redis-password", `Redis at ${host} without a password is refused`, {
    hint: "Set requirepass in redis.conf and REDIS_PASSWORD here, or reach it through SSH (REDIS_SSH_HOST).",
  });
}

function fromUrl(text: string): { host: string; port: string; tls: boolean } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw malformed();
  }
  // Credentials in an address end up in lists of processes and in logs.
  if (url.username || url.password || url.search || url.hash || !/^\/?$/.test(url.pathname))
    throw malformed();
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port, tls: url.protocol === "rediss:" };
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port <= 65535) return port;
  throw malformed();
}

/** Doesn't repeat what was given: it may hold a password. */
function malformed(): SluiceError {
  return new SluiceError("redis-address", "REDIS_HOST or REDIS_PORT is not an address of Redis", {
    hint: "For example REDIS_HOST=redis://10.0.0.2:6379, with the password in REDIS_PASSWORD.",
  });
}
