import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type * as sdk from "@aws-sdk/client-s3";
import { SluiceError } from "../../errors.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import type { StoredFile } from "../publisher.ts";
import { stagedName, type Listed, type Store } from "./store.ts";

/**
 * A bucket of S3 or of what speaks like it (Garage, MinIO). A copy within the bucket shows a file at once. Names of
 * digests that others have put are read by content, since they lack the digest that ours carry.
 */
export class S3Store implements Store {
  readonly #bucket: string;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #secrets: Readonly<Record<string, string | undefined>>;
  #opened: { readonly module: typeof sdk; readonly client: sdk.S3Client } | undefined;

  constructor(
    bucket: string,
    secrets: Readonly<Record<string, string | undefined>>,
    checkpoint: Checkpoint | undefined,
  ) {
    this.#bucket = bucket;
    this.#secrets = secrets;
    this.#checkpoint = checkpoint;
  }

  async look(name: string): Promise<string | undefined> {
    const head = await this.#where(name, ({ HeadObjectCommand }, client, at) =>
      client.send(new HeadObjectCommand(at)),
    );
    if (head === undefined) return undefined;
    return head.Metadata?.["sha256"] ?? this.read(name);
  }

  async read(name: string): Promise<string | undefined> {
    return this.#where(name, async ({ GetObjectCommand }, client, at) => {
      const { Body: body } = await client.send(new GetObjectCommand(at));
      const hash = createHash("sha256");
      for await (const chunk of body as Readable) hash.update(chunk as Buffer);
      return hash.digest("hex");
    });
  }

  async stage(name: string, { file, bytes, sha256 }: StoredFile): Promise<void> {
    await durably(this.#checkpoint, "release file staged", () =>
      this.#do(stagingKey(name, sha256), ({ PutObjectCommand }, client, at) =>
        client.send(
          new PutObjectCommand({
            ...at,
            Body: createReadStream(file),
            ContentLength: bytes,
            ContentType: "application/octet-stream",
            Metadata: { sha256 },
          }),
        ),
      ),
    );
  }

  readStaged(name: string, sha256: string): Promise<string | undefined> {
    return this.read(stagingKey(name, sha256));
  }

  async show(name: string, sha256: string): Promise<void> {
    const from = `${this.#bucket}/${stagingKey(name, sha256)}`;
    await durably(this.#checkpoint, "release file shown", () =>
      this.#do(name, ({ CopyObjectCommand }, client, at) =>
        client.send(new CopyObjectCommand({ ...at, CopySource: from })),
      ),
    );
  }

  async dropStaged(name: string, sha256: string): Promise<void> {
    await this.#delete(stagingKey(name, sha256));
  }

  async remove(name: string): Promise<void> {
    await durably(this.#checkpoint, "published file deleted", () => this.#delete(name));
  }

  async list(folder: string): Promise<readonly Listed[]> {
    const listed: Listed[] = [];
    let token: string | undefined;
    do {
      const answer = await this.#do(folder, ({ ListObjectsV2Command }, client, { Bucket }) =>
        client.send(
          new ListObjectsV2Command({
            Bucket,
            Prefix: folder === "" ? "" : `${folder}/`,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        ),
      );
      for (const {
        Key: name = "",
        Size: bytes = 0,
        LastModified: modified = new Date(0),
      } of answer.Contents ?? [])
        if (!name.startsWith(staging)) listed.push({ name, bytes, modified });
      token = answer.NextContinuationToken;
    } while (token !== undefined);
    return listed;
  }

  async replace(name: string, content: Buffer, type: string): Promise<void> {
    await durably(this.#checkpoint, "release page replaced", () =>
      this.#do(name, ({ PutObjectCommand }, client, at) =>
        client.send(
          new PutObjectCommand({ ...at, Body: content, ContentType: type, CacheControl: "no-cache" }),
        ),
      ),
    );
  }

  async close(): Promise<void> {
    this.#opened?.client.destroy();
  }

  async #delete(key: string): Promise<void> {
    await this.#do(key, ({ DeleteObjectCommand }, client, at) => client.send(new DeleteObjectCommand(at)));
  }

  /** Undefined: there is nothing of that name. */
  async #where<T>(name: string, ask: Ask<T>): Promise<T | undefined> {
    try {
      return await this.#ask(name, ask);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw this.#failed(name, error);
    }
  }

  async #do<T>(name: string, ask: Ask<T>): Promise<T> {
    try {
      return await this.#ask(name, ask);
    } catch (error) {
      throw this.#failed(name, error);
    }
  }

  async #ask<T>(name: string, ask: Ask<T>): Promise<T> {
    this.#opened ??= await open(this.#secrets);
    const { module, client } = this.#opened;
    return ask(module, client, { Bucket: this.#bucket, Key: name });
  }

  #failed(name: string, error: unknown): SluiceError {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return new SluiceError("store-failed", `s3://${this.#bucket}/${name}: ${said}`, {
      hint: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and AWS_REGION of the process that publishes; then run it again.",
      exitCode: 1,
    });
  }
}

type Ask<T> = (
  module: typeof sdk,
  client: sdk.S3Client,
  at: { readonly Bucket: string; readonly Key: string },
) => Promise<T>;

const staging = ".sluice/";

function stagingKey(name: string, sha256: string): string {
  return `${staging}${stagedName(name, sha256)}`;
}

async function open(
  secrets: Readonly<Record<string, string | undefined>>,
): Promise<{ module: typeof sdk; client: sdk.S3Client }> {
  // Its version is fixed to one for this Node, so that it has nothing to warn of.
  Object.assign(process.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" });
  const module = await import("@aws-sdk/client-s3");
  const endpoint = secrets["AWS_ENDPOINT_URL"];
  const [accessKeyId, secretAccessKey] = [secrets["AWS_ACCESS_KEY_ID"], secrets["AWS_SECRET_ACCESS_KEY"]];
  const client = new module.S3Client({
    region: secrets["AWS_REGION"] ?? "us-east-1",
    // Not every server knows the checksums that the SDK sends otherwise, and digests are compared here.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // A server that says nothing ends the request; the SDK repeats it twice.
    requestHandler: { connectionTimeout: 30_000, socketTimeout: 120_000 },
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  });
  return { module, client };
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = Object(error) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}
