import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { clientAddress, networkOf, trustedProxies } from "./client-address.ts";

const trusts = trustedProxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);

test.each([
  ["192.0.2.1", undefined, "192.0.2.1"],
  ["192.0.2.1", "198.51.100.1", "192.0.2.1"],
  ["127.0.0.1", undefined, "127.0.0.1"],
  ["127.0.0.1", "", "127.0.0.1"],
  ["::ffff:127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"],
  ["127.0.0.1", "203.0.113.9, 198.51.100.1, 10.1.2.3, fd00::1", "198.51.100.1"],
  ["127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
])("a request from %s that is said to be of %j is of %s", (remoteAddress, said, client) => {
  const headers = said === undefined ? {} : { "x-forwarded-for": said };
  expect(clientAddress({ socket: { remoteAddress }, headers } as IncomingMessage, trusts)).toBe(client);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:DB8::1", "2001:db8:0:0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["::1", "0:0:0:0"],
  [undefined, ""],
])("%s is one of the network %s", (address, network) => expect(networkOf(address)).toBe(network));
