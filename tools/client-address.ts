import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** Whether what that address says of a client counts. */
export type TrustsProxy = (address: string | undefined) => boolean;

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
    const plain = withoutMapping(address);
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 4 ? "ipv4" : "ipv6");
  };
}

/** Who asks: the connection's address, or what trusted proxies say of it, the last that isn't one of them. */
export function clientAddress({ socket, headers }: IncomingMessage, trusts: TrustsProxy): string {
  const said = String(headers["x-forwarded-for"] ?? "").split(",");
  let client = socket.remoteAddress ?? "";
  while (trusts(client) && said.length > 0) client = said.pop()!.trim() || client;
  return withoutMapping(client);
}

/** Of an IPv6 address its network: whoever has one has all of its addresses. Nothing of a client that has gone. */
export function networkOf(address: string | undefined): string {
  const plain = withoutMapping(address);
  if (isIP(plain) !== 6) return plain;
  const [head = "", tail] = plain.toLowerCase().split("::");
  const [first, last] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":")));
  const left = tail === undefined ? 0 : 8 - first!.length - last!.length;
  return [...first!, ...Array<string>(left).fill("0"), ...last!].slice(0, 4).join(":");
}

/** What comes by IPv4 to a socket of both has an address such as `::ffff:192.0.2.1`. */
function withoutMapping(address = ""): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
