import { SluiceError } from "../../errors.ts";

interface Remembered {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** Headers by which a server sends only what is new. */
export function conditions(before: Remembered | undefined): Record<string, string> {
  return {
    ...(before?.etag !== undefined && { "if-none-match": before.etag }),
    ...(before?.lastModified !== undefined && { "if-modified-since": before.lastModified }),
  };
}

export function withoutCredentials(url: string): string {
  return url.replace(/^([^/]+:\/\/)[^/@]*@/, "$1");
}

export function refused(url: string, status: number): SluiceError {
  return new SluiceError("unavailable", `the server answered with status ${status}`, {
    facts: { url: withoutCredentials(url), status },
    exitCode: 1,
  });
}
