import { BlockList, isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/** By which address a client reaches this server, without a slash at its end. */
export type AddressOf = (request: FastifyRequest) => string;

/** Whether what that address says of a client counts. */
export type TrustsProxy = (address: string | undefined) => boolean;

/**
 * As the client calls this server, where that can be an address at all. Of a proxy that is trusted its X-Forwarded-*
 * counts, its prefix included.
 *
 * @param fixed the one and only address, where it is known
 */
export function addressOf(fixed: string | undefined, trusts: TrustsProxy): AddressOf {
  if (fixed !== undefined) return () => fixed;
  return ({ protocol, host, headers, raw }) => {
    const asked = headers["x-forwarded-prefix"];
    const prefix = trusts(raw.socket.remoteAddress) && typeof asked === "string" ? asked : "";
    const usable = /^(?:\/[\w.~-]+)+$/.test(prefix) ? prefix : "";
    return `${protocol === "https" ? "https" : "http"}://${/^[\w.:[\]-]+$/.test(host) ? host : "localhost"}${usable}`;
  };
}

/** @param proxies addresses and networks, such as `127.0.0.1` or `10.0.0.0/8` */
export function trustedProxies(proxies: readonly string[]): TrustsProxy {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address = "") => {
    // What comes by IPv4 to a socket of both.
    const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 4 ? "ipv4" : "ipv6");
  };
}
