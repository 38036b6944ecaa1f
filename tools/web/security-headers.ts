import type { FastifyInstance } from "fastify";

const policy = {
  "default-src": "'none'",
  "style-src": "'self'",
  "script-src": "'self'",
  "connect-src": "'self'",
  "img-src": "data:",
  "base-uri": "'none'",
  "form-action": "'self'",
  "frame-ancestors": "'none'",
};

const headers = {
  "content-security-policy": Object.entries(policy)
    .map(([what, from]) => `${what} ${from}`)
    .join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
};

/** Headers with which a browser runs nothing that a stranger wrote, and shows no page within another. */
export function secure(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ protocol }, reply) => {
    void reply.headers(headers);
    // Who came by TLS is to come so again; over plain HTTP it would mean nothing.
    if (protocol === "https") void reply.header("strict-transport-security", "max-age=31536000");
  });
}
