import { expect, test } from "vitest";
import { NeedsWorld, type WorldPackage } from "../../../test/world/needs-world.ts";

type Packages = Readonly<Record<string, WorldPackage>>;

/** A report of users to a repository of this kind, "please rebuild", as a small world. */
interface Report {
  /** Of chaotic-aur/packages. */
  readonly number: number;
  readonly title: string;
  readonly published: Packages;
  /** The distribution before and after it moved; before: undefined where nobody looked. */
  readonly before: Packages | undefined;
  readonly after: Packages;
  /** Who is rebuilt, with what it needs when it was. */
  readonly rebuilt: Readonly<Record<string, readonly string[]>>;
  readonly because: string;
}

const reports: readonly Report[] = [
  {
    number: 2753,
    title: "many programs of one library, which a person would list from memory",
    published: {
      player: { needs: ["libpb.so.31", "libqt.so.5"], depends: ["pb", "qt"] },
      messages: { needs: ["libpb.so.31"], gives: ["libmessages.so.5"], depends: ["pb"] },
      transport: { needs: ["libpb.so.31", "libmessages.so.5"], depends: ["messages"] },
      "only-qt": { needs: ["libqt.so.5"], depends: ["qt"] },
    },
    before: { pb: { version: "23.4-1", gives: ["libpb.so.31"] }, qt: { gives: ["libqt.so.5"] } },
    after: { pb: { version: "24.1-1", gives: ["libpb.so.32"] }, qt: { gives: ["libqt.so.5"] } },
    rebuilt: {
      messages: ["libpb.so.32"],
      player: ["libpb.so.32", "libqt.so.5"],
      transport: ["libpb.so.32", "libmessages.so.5"],
    },
    because: "libpb.so.31 is gone (pb 23.4-1 → 24.1-1); libpb.so.32 is there",
  },
  {
    number: 3324,
    title: "a program whose `depends` the new library satisfies, so that pacman doesn't hold it back",
    published: { helper: { needs: ["libpm.so.14"], depends: ["pm", "libpm.so>=14"] } },
    before: { pm: { version: "6.1.0-3", gives: ["libpm.so.14"], provides: ["libpm.so=14-64"] } },
    after: { pm: { version: "7.0.0-1", gives: ["libpm.so.15"], provides: ["libpm.so=15-64"] } },
    rebuilt: { helper: ["libpm.so.15"] },
    because: "libpm.so.14 is gone (pm 6.1.0-3 → 7.0.0-1); libpm.so.15 is there",
  },
  {
    number: 4497,
    title: "a library with its whole version in the soname, which `depends` doesn't name",
    published: { "search-git": { needs: ["libhash_set.so.2605.0.0"], depends: ["pm"] } },
    before: { pm: {}, containers: { version: "20260526.0-1", gives: ["libhash_set.so.2605.0.0"] } },
    after: { pm: {}, containers: { version: "20260817.0-1", gives: ["libhash_set.so.2608.0.0"] } },
    rebuilt: { "search-git": ["libhash_set.so.2608.0.0"] },
    because:
      "libhash_set.so.2605.0.0 is gone (containers 20260526.0-1 → 20260817.0-1); libhash_set.so.2608.0.0 is there",
  },
  {
    number: 3252,
    title: "a patch release that changes the soname",
    published: { launcher: { needs: ["libmark.so.0.31.0"], depends: ["mark"] } },
    before: { mark: { version: "0.31.0-1", gives: ["libmark.so", "libmark.so.0.31.0"] } },
    after: { mark: { version: "0.31.1-1", gives: ["libmark.so", "libmark.so.0.31.1"] } },
    rebuilt: { launcher: ["libmark.so.0.31.1"] },
    because: "libmark.so.0.31.0 is gone (mark 0.31.0-1 → 0.31.1-1); libmark.so.0.31.1 is there",
  },
  {
    number: 3149,
    title: "a library that others bundle, too",
    published: {
      drawing: { needs: ["libvc.so.1.7"], depends: ["vc"] },
      bundler: { gives: ["usr/lib/bundler/libvc.so.1.7"] },
    },
    before: { vc: { version: "1:1.7.2-1", gives: ["libvc.so.1.7"] } },
    after: { vc: { version: "1:1.8.0-2", gives: ["libvc.so.1.8"] } },
    rebuilt: { drawing: ["libvc.so.1.8"] },
    because: "libvc.so.1.7 is gone (vc 1:1.7.2-1 → 1:1.8.0-2); libvc.so.1.8 is there",
  },
  {
    number: 2790,
    title: "a library with its version in the soname, of which every program uses another part",
    published: {
      gestures: { needs: ["libboost_serialization.so.1.81.0"], depends: ["boost-libs"] },
      frames: { needs: ["libboost_python311.so.1.81.0"], depends: ["boost-libs"] },
    },
    before: {
      "boost-libs": {
        version: "1.81.0-7",
        gives: ["libboost_serialization.so.1.81.0", "libboost_python311.so.1.81.0"],
      },
    },
    after: {
      "boost-libs": {
        version: "1.83.0-2",
        gives: ["libboost_serialization.so.1.83.0", "libboost_python311.so.1.83.0"],
      },
    },
    rebuilt: {
      frames: ["libboost_python311.so.1.83.0"],
      gestures: ["libboost_serialization.so.1.83.0"],
    },
    because: "is gone (boost-libs 1.81.0-7 → 1.83.0-2)",
  },
  {
    number: 3125,
    title: "modules in the folder of a Python that the distribution replaced",
    published: {
      cards: { needs: ["python:3.11"], depends: ["python"] },
      "python-cards": { needs: ["python:3.11"], depends: ["python"] },
      script: { depends: ["python"] },
    },
    before: { python: { version: "3.11.9-1", gives: ["python:3.11"] } },
    after: { python: { version: "3.12.3-1", gives: ["python:3.12"] } },
    rebuilt: { cards: ["python:3.12"], "python-cards": ["python:3.12"] },
    because: "Python 3.11 is gone (python 3.11.9-1 → 3.12.3-1); Python 3.12 is there",
  },
  {
    number: 3185,
    title: "a program that embeds Python, which a list of those with modules misses",
    published: { launcher: { needs: ["libpython3.11.so.1.0"], depends: ["python"] } },
    before: { python: { version: "3.11.9-1", gives: ["python:3.11", "libpython3.11.so.1.0"] } },
    after: { python: { version: "3.12.3-1", gives: ["python:3.12", "libpython3.12.so.1.0"] } },
    rebuilt: { launcher: ["libpython3.12.so.1.0"] },
    because: "libpython3.11.so.1.0 is gone (python 3.11.9-1 → 3.12.3-1); libpython3.12.so.1.0 is there",
  },
  {
    number: 3609,
    title: "a plugin that says that it is compiled for another Qt, of which every soname stayed",
    published: {
      style: { needs: ["libQt6Gui.so.6", "qt6-private:6.8.2"], depends: ["qt6-base"] },
      plain: { needs: ["libQt6Gui.so.6"], depends: ["qt6-base"] },
    },
    before: { "qt6-base": { version: "6.8.2-1", gives: ["libQt6Gui.so.6", "qt6-private:6.8.2"] } },
    after: { "qt6-base": { version: "6.9.0-1", gives: ["libQt6Gui.so.6", "qt6-private:6.9.0"] } },
    rebuilt: { style: ["libQt6Gui.so.6", "qt6-private:6.9.0"] },
    because: "6.8.2 is gone (qt6-base 6.8.2-1 → 6.9.0-1)",
  },
  {
    number: 3952,
    title: "a game that was broken long before anybody reported it, and that nobody looked at before",
    published: { game: { needs: ["libport.so.19"], depends: ["port"], builtWith: { port: "2.2.8-1" } } },
    before: undefined,
    after: { port: { version: "2.3.3-1", gives: ["libport.so.21"] } },
    rebuilt: { game: ["libport.so.21"] },
    because: "libport.so.19 is gone (port 2.2.8-1 → 2.3.3-1); libport.so.21 is there",
  },
  {
    number: 2630,
    title: "a viewer that uses several libraries of one package",
    published: { viewer: { needs: ["libcv_core.so.407", "libcv_img.so.407"], depends: ["cv"] } },
    before: { cv: { version: "4.7.0-5", gives: ["libcv_core.so.407", "libcv_img.so.407"] } },
    after: { cv: { version: "4.8.0-1", gives: ["libcv_core.so.408", "libcv_img.so.408"] } },
    rebuilt: { viewer: ["libcv_core.so.408", "libcv_img.so.408"] },
    because: "libcv_img.so.407 is gone (cv 4.7.0-5 → 4.8.0-1); libcv_img.so.408 is there",
  },
];

const nothing = { bumps: {}, broken: {} };

test.each(reports)("report $number: $title", async ({ published, before, after, rebuilt, because }) => {
  const world = new NeedsWorld();
  world.published = { ...published };
  world.distribution = { ...before };
  const atFirst = before ? await world.run() : nothing;
  expect(atFirst).toEqual(nothing);
  world.distribution = { ...after };
  const { bumps, broken } = await world.run();
  expect(Object.keys(bumps).toSorted()).toEqual(Object.keys(rebuilt));
  for (const why of Object.values(bumps)) expect(why).toContain(because);
  expect(broken).toEqual({});

  expect((await world.run()).bumps).toEqual({});
  for (const [pkgbase, needs] of Object.entries(rebuilt)) {
    world.published[pkgbase] = { ...published[pkgbase], version: "1.0-1.1", needs, builtWith: {} };
  }
  expect(await world.run()).toEqual(nothing);
});
