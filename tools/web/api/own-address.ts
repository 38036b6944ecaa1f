import type { FastifyRequest } from "fastify";
import type { TrustsProxy } from "../../client-address.ts";

/** By which address clients reach this server, without a slash at its end. */
export interface OwnAddress {
  /** As this client calls it, where that can be an address at all: for answers that are for this client alone. */
  of(request: FastifyRequest): string;
  /** Undefined where only what somebody asks for says it. What is kept for others has to do without then. */
  known(request: FastifyRequest): string | undefined;
}

/**
 * Of a proxy that is trusted its X-Forwarded-* counts, its prefix included.
 *
 * @param fixed the one and only address, where it is known
 */
export function ownAddress(fixed: string | undefined, trusts: TrustsProxy): OwnAddress {
  const isTrusted = ({ raw }: FastifyRequest): boolean => trusts(raw.socket.remoteAddress);

  function asked(request: FastifyRequest): string {
    const { protocol, host, headers } = request;
    const name = /^[\w.:[\]-]+$/.test(host) ? host : "localhost";
    const prefix = isTrusted(request) ? usablePrefix(headers["x-forwarded-prefix"]) : "";
    return `${protocol === "https" ? "https" : "http"}://${name}${prefix}`;
  }

  return {
    of: (request) => fixed ?? asked(request),
    known(request) {
      const said = request.headers["x-forwarded-host"];
      return fixed ?? (said !== undefined && isTrusted(request) ? asked(request) : undefined);
    },
  };
}

/** Nothing where it holds other characters, or leads elsewhere (`..`). */
function usablePrefix(said: string | string[] | undefined): string {
  const parts = typeof said === "string" ? said.split("/").slice(1) : [];
  const isPath = parts.every((part) => /^[\w.~-]+$/.test(part) && !/^\.{1,2}$/.test(part));
  return isPath && said === `/${parts.join("/")}` ? `/${parts.join("/")}` : "";
}
