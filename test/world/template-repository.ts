import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { makeRepository } from "./repository.ts";

/** A repository that CI files come from, and the SSH keys of people who sign its versions. */
export class TemplateRepository {
  readonly base = mkdtempSync(join(tmpdir(), "sluice-template-test-"));
  readonly dir = join(this.base, "template");
  readonly url = `file://${this.dir}`;

  constructor() {
    makeRepository(this.dir);
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }

  git(...args: string[]): string {
    return execFileSync("git", ["-C", this.dir, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  }

  /** Commits a version: what its `template.json` lists, and the content of each. */
  commit(files: Readonly<Record<string, string>>, listed: readonly object[]): void {
    rmSync(join(this.dir, "template"), { recursive: true, force: true });
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    this.write("template.json", JSON.stringify({ version: 1, files: listed }));
    this.git("add", "-A");
    this.git("commit", "-q", "--allow-empty", "-m", "template");
  }

  /** Makes a key for somebody and returns their line in a list of allowed signers. */
  key(person: string): string {
    const file = join(this.base, person);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", person, "-f", file]);
    return `${person}@example.org namespaces="git" ${readFileSync(`${file}.pub`, "utf8")}`;
  }

  signedTag(tag: string, person: string): void {
    const settings = ["-c", "gpg.format=ssh", "-c", `user.signingKey=${join(this.base, person)}.pub`];
    this.git(...settings, "tag", "-s", "-m", tag, tag);
  }

  /** Stores an object as it is and returns its id. */
  store(type: "tag", content: string): string {
    const args = ["-C", this.dir, "hash-object", "-t", type, "-w", "--stdin"];
    return execFileSync("git", args, { input: content, encoding: "utf8" }).trim();
  }

  private write(path: string, text: string): void {
    const file = join(this.dir, "template", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
