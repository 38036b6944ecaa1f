import type { FastifyRequest } from "fastify";

/** As the client calls this server, where that can be an address at all. */
export function ownAddress({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${/^[\w.:[\]-]+$/.test(host) ? host : "localhost"}`;
}
