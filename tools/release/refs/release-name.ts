/** A release, as records, the queue and messages name it. */
export interface ReleaseName {
  readonly project: string;
  readonly channel: string;
  /** What `{ref}` stands for. */
  readonly ref: string;
}

/** `garage/stable@v1.2.0` */
export function formatReleaseName({ project, channel, ref }: ReleaseName): string {
  return `${project}/${channel}@${ref}`;
}

/** Undefined for other texts, such as a package repository's name, which never has a `/`. */
export function parseReleaseName(text: string): ReleaseName | undefined {
  const [, project, channel, ref] = /^([^/@]+)\/([^/@]+)@(.+)$/.exec(text) ?? [];
  if (project === undefined) return undefined;
  return { project, channel: channel!, ref: ref! };
}
