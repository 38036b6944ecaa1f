import { z } from "zod";

/** As fastify's own compiler takes it, which doesn't know the dialect by its address. */
export function json(schema: z.ZodType, io: "input" | "output" = "output"): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "draft-7" });
  return rest;
}
