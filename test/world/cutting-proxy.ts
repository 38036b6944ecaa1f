import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

export interface CuttingProxy {
  readonly port: number;
  /** How many connections it has cut. */
  readonly cuts: () => number;
  close(): void;
}

/** Passes connections on to a port of this machine, and cuts each one that has carried so many bytes there. */
export async function startCuttingProxy(target: number, bytes: number): Promise<CuttingProxy> {
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    const end = (): void => void (near.destroy(), far.destroy());
    for (const side of [near, far]) side.on("error", end).on("close", end);
    let carried = 0;
    near.on("data", (chunk: Buffer) => {
      carried += chunk.length;
      if (carried <= bytes) return;
      near.pause();
      cuts++;
      end();
    });
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    close: () => void server.close(),
  };
}
