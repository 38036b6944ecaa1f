import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problemOf } from "./api/problems.ts";

/**
 * Answers what isn't there, isn't allowed or went wrong: JSON below `/api/`, a line of text elsewhere.
 *
 * @param canAct whether there is something that is sent to
 */
export function answerProblems(app: FastifyInstance, canAct: boolean): void {
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    const allowed = canAct && /^\/api\/actions(?:[?/]|$)/.test(url) ? ["POST"] : ["GET", "HEAD"];
    if (allowed.includes(method)) return answer(request, reply, 404, "there is nothing here");
    return answer(request, reply.header("allow", allowed.join(", ")), 405, `${method} isn't allowed here`);
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    // Nobody is there any more.
    if (reply.raw.destroyed) return reply.hijack();
    const { statusCode: status = 500, message } = error;
    if (status === 503) return answer(request, reply.header("retry-after", "5"), status, message);
    if (status < 500) return answer(request, reply, status, message);
    process.stderr.write(`web: ${message}\n`);
    return answer(request, reply, status, "internal error; what Sluice prints says more");
  });
}

/** What no route is looked for: bad escapes, and names that are too long. */
export function answerUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 400;
  void answer(request, reply, status, status === 414 ? "that name is too long" : "that is no address");
}

function answer({ url }: FastifyRequest, reply: FastifyReply, status: number, message: string): FastifyReply {
  if (/^\/api(?:\/|$)/.test(url)) return reply.code(status).send(problemOf(status, message));
  return reply.code(status).type("text/plain").send(`${message}\n`);
}
