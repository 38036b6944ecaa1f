import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { scheduleSchema } from "./schedule.ts";

test("the JSON Schema in the repository is that of the code", () => {
  const committed: unknown = JSON.parse(readFileSync("tools/schedule/schedule.schema.json", "utf8"));
  expect(committed).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(scheduleSchema))));
});
