import { expect, test } from "vitest";
import { buildTree } from "../deptree/tree.ts";
import { composeSchedule } from "./compose.ts";

const alone = (pkgbase: string) => ({ pkgbase, pkgnames: [pkgbase], provides: [], dependencies: [] });

test("of builds that wait for nothing, those that the most others need come first", () => {
  const tree = buildTree(["a", "b", "c"].map(alone));
  const header = {
    commit: "",
    pipeline: { commit: "", id: null, url: null },
    arch: "",
    source: "",
    target: "",
  };
  const wanted = [
    { pkgbase: "a", class: null, reason: "" },
    { pkgbase: "b", class: null, reason: "", effect: 1 },
    { pkgbase: "c", class: null, reason: "", effect: 7 },
  ];
  const { builds } = composeSchedule(header, tree, wanted, []);
  expect(builds.map(({ pkgbase }) => pkgbase)).toEqual(["c", "b", "a"]);
});
