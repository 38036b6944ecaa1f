/**
 * Those of some databases, by their addresses, that are an architecture's; one that names none of the architectures is
 * that of the first.
 */
export function databasesFor(arch: string, arches: readonly string[], urls: readonly string[]): string[] {
  if (arch !== arches[0]) return urls.filter((url) => names(url, arch));
  return urls.filter((url) => !arches.some((other) => other !== arch && names(url, other)));
}

function names(url: string, arch: string): boolean {
  return url.includes(`/${arch}/`);
}
