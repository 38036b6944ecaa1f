import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { aurServer, knownHosts, privateKeyText, repositoryUrl } from "./aur-server.ts";

test("the AUR's host keys are those whose fingerprints it publishes", () => {
  const fingerprints = aurServer.hostKeys.map((line) => {
    const [type, key = ""] = line.split(" ");
    const digest = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64");
    return `${type} SHA256:${digest.replace(/=+$/, "")}`;
  });
  expect(fingerprints).toEqual([
    "ssh-ed25519 SHA256:RFzBCUItH9LZS0cKB5UE6ceAYhBD5C8GeOBip8Z11+4",
    "ecdsa-sha2-nistp256 SHA256:uTa/0PndEgPZTf76e1DFqXKJEXKsn7m9ivhLQtzGOCI",
    "ssh-rsa SHA256:5s5cIyReIfNNVGRFdDbe3hdYiI5OelHGpw2rOUud3Q8",
  ]);
});

test("packages are pushed to the AUR's own address, by the user that it has for that", () => {
  expect(repositoryUrl(aurServer, "foo+bar")).toBe("ssh://aur@aur.archlinux.org:22/foo+bar.git");
  expect(knownHosts({ ...aurServer, hostKeys: ["ssh-ed25519 AAAA"] })).toEqual([
    "aur.archlinux.org ssh-ed25519 AAAA",
  ]);
  expect(knownHosts({ user: "u", host: "h", port: 2222, hostKeys: ["t k"] })).toEqual(["[h]:2222 t k"]);
});

const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----";
const base64 = Buffer.from(`${key}\n`).toString("base64");

test.each([
  ["the text itself", `${key}\n`, key],
  ["text with Windows' line ends", key.replaceAll("\n", "\r\n"), key],
  ["PEM of another kind", key.replaceAll("OPENSSH", "RSA"), key.replaceAll("OPENSSH", "RSA")],
  ["PEM that names no kind", key.replaceAll("OPENSSH ", ""), key.replaceAll("OPENSSH ", "")],
  ["base64 in one line", base64, key],
  ["base64 in several lines", base64.replaceAll(/(.{20})/g, "$1\n"), key],
  ["a public key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@here", undefined],
  ["base64 of something else", Buffer.from("hello").toString("base64"), undefined],
  ["text whose line ends were lost", key.replaceAll("\n", " "), undefined],
  ["nothing", "", undefined],
])("AUR_KEY may hold a private key as it comes: %s", (_, secret, text) => {
  expect(privateKeyText(secret)).toBe(text);
});
