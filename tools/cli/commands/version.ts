import { sluiceVersion } from "../program.ts";

export function version({ json = false }: { readonly json?: boolean }): number {
  const own = sluiceVersion();
  process.stdout.write(
    json ? `${JSON.stringify({ sluice: own, node: process.versions.node })}\n` : `${own}\n`,
  );
  return 0;
}
