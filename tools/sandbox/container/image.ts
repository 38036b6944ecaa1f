import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { privateFolder } from "../jobs/private-folder.ts";
import type { Owner } from "../sandbox.ts";
import { ask, type Engine, require } from "./engine.ts";

export interface Image {
  readonly name: string;
  /** For the log, where it isn't as fresh as it should be. */
  readonly note: string | undefined;
}

const daySeconds = 24 * 60 * 60;

/**
 * The image of builds, made from BUILDER_IMAGE: with a user for the payload, and temporary folders that lead to
 * scratch. Pulled and made again once a day at most; while its registry can't be reached the last one is used.
 *
 * @param now seconds
 * @throws SluiceError `builder-image` where there is none at all
 */
export async function buildImage(engine: Engine, base: string, owner: Owner, now: number): Promise<Image> {
  const name = `localhost/sluice-build:${createHash("sha256")
    .update(`${base}\n${containerfile("", owner)}`)
    .digest("hex")
    .slice(0, 16)}`;
  const made = await createdAt(engine, name);
  if (made !== undefined && now - made < daySeconds) return { name, note: undefined };
  const note = base.startsWith("localhost/") ? undefined : await pull(engine, base);
  const { code, stdout: id, stderr } = await ask(engine, ["image", "inspect", "--format", "{{.Id}}", base]);
  if (code !== 0) throw noImage(base, note ?? stderr);
  const context = privateFolder();
  try {
    writeFileSync(join(context, "Containerfile"), containerfile(id, owner));
    await require(engine, ["build", "--quiet", "--no-cache", "--network", "none", "--tag", name, context]);
  } finally {
    rmSync(context, { recursive: true });
  }
  return { name, note };
}

function containerfile(base: string, { uid, gid }: Owner): string {
  const links = "rm -rf /tmp /var/tmp && ln -s /build/tmp /tmp && ln -s /build/tmp /var/tmp";
  const passwd = `echo builder:x:${uid}:${gid}::/build/home:/bin/bash >> /etc/passwd`;
  const group = `echo builder:x:${gid}: >> /etc/group`;
  return `FROM ${base}\nUSER 0\nRUN ${links} && ${passwd} && ${group}\n`;
}

/** Undefined where there is no such image. */
async function createdAt(engine: Engine, image: string): Promise<number | undefined> {
  const { code, stdout } = await ask(engine, ["image", "inspect", "--format", "{{.Created.Unix}}", image]);
  return code === 0 ? Number(stdout) : undefined;
}

/** Why it couldn't be pulled, if so. */
async function pull(engine: Engine, base: string): Promise<string | undefined> {
  const { code, stderr } = await ask(engine, ["pull", "--quiet", base]);
  if (code === 0) return undefined;
  return `${base} can't be pulled, so the one that is here is used: ${stderr.split("\n").at(-1) ?? ""}`;
}

function noImage(base: string, failure: string): SluiceError {
  return new SluiceError("builder-image", `the image ${base} can't be pulled, and builds run in it`, {
    hint: "Is its registry reachable from here? BUILDER_IMAGE names another one, such as one of your own.",
    facts: { failure },
  });
}
