import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { changesOf } from "../../src/bundle/changes.ts";
import { writeBundle } from "../../src/bundle/write.ts";
import { first, second, third, users } from "./disks/bundles.ts";
import { bundleAnd, contentOf, put, temporaries } from "./disks/content.ts";
import { interfered } from "./disks/interference.ts";
import { inMemory, killAtRename, ofUsers, type Place, type Scenario, scenarios, write } from "./disks/scenarios.ts";

const beside = ({ host, folder }: Place) => contentOf(host(), folder.slice(0, folder.lastIndexOf("/")));

/** One run is stopped before its call number `step` while another runs from beginning to end. */
function interleave(scenario: Scenario, files: Scenario["files"], step: number) {
  const place = inMemory();
  scenario.prepare(place);
  const running = new Set([21, 22]);
  const inner: ReturnType<typeof writeBundle>[] = [];
  const host = interfered(place.host(21, running), ({ number }) => {
    if (number === step) inner.push(writeBundle(place.host(22, running), place.folder, files));
    return undefined;
  });
  const outer = writeBundle(host, place.folder, scenario.files);
  return { place, outer, inner: inner[0] };
}

describe.each(scenarios)("a run in the middle of another: $name", (scenario) => {
  test.each([
    ["the same bundle", scenario.files],
    ["another bundle", second],
  ])("%s", (_, files) => {
    let turns = 0;
    for (; ; turns++) {
      const { place, outer, inner } = interleave(scenario, files, turns);
      if (inner === undefined) break;
      const codes = [outer, inner].flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code));
      expect(codes.filter((code) => code !== "PLN5026")).toEqual([]);
      expect([outer.value, inner.value].some((value) => value !== undefined)).toBe(true);
      // Whoever was the last to write has the folder to itself.
      const content = contentOf(place.host(), place.folder);
      const candidates = [outer.value && scenario.files, inner.value && files].flatMap((bundle) =>
        bundle === undefined ? [] : [bundleAnd(bundle, scenario.users)],
      );
      expect(candidates.some((candidate) => isDeepStrictEqual(candidate, content))).toBe(true);
      expect(ofUsers(scenario, place)).toEqual(scenario.users);
      expect(temporaries(beside(place))).toEqual([]);
    }
    expect(turns).toBeGreaterThan(15);
  });
});

describe("a run that is still at work", () => {
  const half = () => {
    const place = inMemory();
    write(place.host(), place.folder, first);
    put(place.host(), place.folder, users);
    killAtRename(place.host(21), place.folder, second, 2);
    return place;
  };

  test("holds the folder: the other waits, says so and changes nothing", () => {
    const place = half();
    const before = contentOf(place.host(), place.folder);
    let waited = 0;
    const pause = (milliseconds: number) => {
      waited += milliseconds;
    };
    const host = { ...place.host(22, new Set([21])), pause };
    const { value, diagnostics } = writeBundle(host, place.folder, third);
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `PLN5026 another planc (process 21) is writing ${place.folder}`,
    ]);
    expect(waited).toBeGreaterThan(1000);
    expect(waited).toBeLessThan(10_000);
    expect(contentOf(place.host(), place.folder)).toEqual(before);
    expect(changesOf(host, place.folder, third).diagnostics.map(({ code }) => code)).toEqual(["PLN5026"]);
  });

  test("and ends meanwhile: the other goes on", () => {
    const place = half();
    const running = new Set([21]);
    const host = { ...place.host(22, running), pause: () => void running.delete(21) };
    write(host, place.folder, third);
    expect(contentOf(place.host(), place.folder)).toEqual(bundleAnd(third, users));
  });
});
