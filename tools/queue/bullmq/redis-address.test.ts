import { expect, test } from "vitest";
import { redisTrouble } from "./connection.ts";
import { redisAddress } from "./redis-address.ts";

test.each([
  [{ REDIS_HOST: "localhost" }, { host: "localhost", port: 6379, tls: false }],
  [
    { REDIS_HOST: "::1", REDIS_PORT: "7000" },
    { host: "::1", port: 7000 },
  ],
  [{ REDIS_HOST: "redis://127.0.0.1:7001" }, { host: "127.0.0.1", port: 7001 }],
  [
    { REDIS_HOST: "10.0.0.2", REDIS_PASSWORD: "x" },
    { host: "10.0.0.2", password: "x" },
  ],
  [
    { REDIS_HOST: "rediss://[fd00::2]:7002", REDIS_PASSWORD: "x" },
    { host: "fd00::2", port: 7002, tls: true },
  ],
])("%o is an address of Redis", (env, address) => {
  expect(redisAddress(env)).toMatchObject(address);
});

test("without REDIS_HOST there is no Redis", () => {
  expect(redisAddress({ REDIS_PORT: "6379" })).toBeUndefined();
});

test.each(["10.0.0.2", "redis.example.org", "redis://192.168.1.4:6379", "127.0.0.1.example.org"])(
  "%s without a password is refused, since others reach it",
  (host) => {
    expect(() => redisAddress({ REDIS_HOST: host })).toThrow(/without a password is refused/);
  },
);

test.each([
  "redis://user:s3cret@10.0.0.2",
  "http://s3cret",
  "a b s3cret",
  "redis://h:99999999/s3cret",
  "redis://h/s3cret",
])("%s is no address, and the error doesn't repeat it", (host) => {
  let said = "";
  try {
    redisAddress({ REDIS_HOST: host, REDIS_PASSWORD: "s3cret" });
  } catch (error) {
    said = String(error);
  }
  expect(said).toMatch(/is not an address of Redis/);
  expect(said).not.toContain("s3cret");
});

test("what Redis says of a wrong password is told without the password", () => {
  const error = Object.assign(new Error("WRONGPASS invalid username-password pair"), {
    command: { name: "auth", args: ["s3cret"] },
  });
  const told = redisTrouble(error);
  expect(told).toMatchObject({ message: /WRONGPASS/, hint: /REDIS_PASSWORD/ });
  expect(JSON.stringify({ ...told, cause: told.cause })).not.toContain("s3cret");
});
