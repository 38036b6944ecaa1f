/** The tables of the embedded queue, format by format: each brings a file of the one before to it. Times are
 * milliseconds since 1970. */
export const schema: readonly string[] = [
  `
-- One row per key that was ever built or needed, with what is remembered of it.
create table package (
  id integer primary key,
  target text not null,
  arch text not null,
  pkgbase text not null,
  -- What it means for those that need it: 'fine', 'pending' (queued or active) or 'failing' (its failure is
  -- remembered, or its queued build is blocked). Kept so that only changes must be passed on.
  standing text not null default 'fine',
  blocking integer not null default 0,
  outcome text,
  finished_at integer,
  duration_ms integer,
  unique (target, arch, pkgbase)
);

-- Queued and active builds: at most one of each per package.
create table build (
  id integer primary key autoincrement,
  package integer not null references package (id),
  -- Grows from submission to submission.
  submission integer not null,
  spec text not null,
  class text,
  state text not null,
  -- How many needs are pending (one more while this package has an active build), and how many failing ones
  -- weren't set aside. Both zero: ready.
  waits integer not null default 0,
  blocks integer not null default 0,
  losses integer not null default 0,
  not_before integer not null default 0,
  -- The longest chain of queued builds that starts here, in milliseconds.
  priority integer not null default 0,
  queued_at integer not null,
  token text,
  worker text,
  lease_ms integer,
  lease_until integer,
  started_at integer,
  cancel_message text
);
create unique index build_of_package on build (package, state = 'active');
create index build_ready on build (priority desc, id, class) where state = 'ready';
create index build_delayed on build (not_before) where state = 'delayed';
create index build_active on build (lease_until) where state = 'active';

-- Which builds need which packages.
create table need (
  build integer not null,
  package integer not null,
  released integer not null default 0,
  primary key (build, package)
) without rowid;
create index need_of_package on need (package, build);

create table finished (
  id integer primary key,
  package integer not null references package (id),
  spec text not null,
  losses integer not null,
  queued_at integer not null,
  outcome text not null,
  message text,
  token text,
  worker text,
  started_at integer,
  finished_at integer not null
);
create index finished_of_package on finished (package, finished_at);
create index finished_at on finished (finished_at);

create table removal (
  id integer primary key autoincrement,
  package integer not null unique references package (id),
  spec text not null
);

create table event (
  seq integer primary key,
  at integer not null,
  package integer not null,
  detail text not null
);
`,
  `
-- Up to which number the requests of a workspace for a repository were accepted.
create table taken (
  source text not null,
  target text not null,
  arch text not null,
  number integer not null,
  primary key (source, target, arch)
) without rowid;
`,
  `
-- A line for each repository and architecture.
create table lane (
  id integer primary key,
  target text not null,
  arch text not null,
  -- Grows with each claim: when it was served last.
  served integer not null default 0,
  unique (target, arch)
);
insert into lane (target, arch) select distinct target, arch from package;
alter table build add column lane integer references lane (id);
update build set lane = (select lane.id from lane join package using (target, arch) where package.id = build.package);
drop index build_ready;
create index build_ready on build (lane, priority desc, id, class) where state = 'ready';
`,
  `
-- How far each reader of the events has read: up to \`seq\`, and \`besides\` the later ones in this JSON array.
create table reader (
  name text primary key,
  seq integer not null,
  besides text not null default '[]',
  -- Which process reads for it, and until when nobody else may.
  owner text,
  lease_until integer not null default 0
) without rowid;

-- Counts that only grow, by name and labels (a JSON object).
create table total (
  name text not null,
  labels text not null,
  value real not null,
  primary key (name, labels)
) without rowid;

create index build_of_pipeline on build (json_extract(spec, '$.pipeline.commit'));
create index finished_of_pipeline on finished (json_extract(spec, '$.pipeline.commit'));

-- Why a removal could not be carried out, as it was said last.
alter table removal add column failure text;
`,
  `
-- By hand: what isn't built until somebody lets it go, and who takes nothing new; with who said so and why.
alter table package add column held text;
create index package_held on package (id) where held is not null;
create table drained (worker text primary key, why text not null) without rowid;
-- How large its packages are together, in bytes.
alter table finished add column bytes integer;
`,
  `
-- Which updates waited for a person when somebody looked last.
create table review (
  target text not null,
  arch text not null,
  branch text not null,
  primary key (target, arch, branch)
) without rowid;
`,
];
