import { describe, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import { sampled } from "../sample.ts";
import {
  bundleAnd,
  type Content,
  contentOf,
  temporaries,
  withoutEmptyFolders,
  withoutTemporaries,
} from "./disks/content.ts";
import { interfered, type Operation } from "./disks/interference.ts";
import { inMemory, ofUsers, onDisk, type Place, type Scenario, scenarios, wanted, write } from "./disks/scenarios.ts";

const reasons = ["the disk is full", "permission denied", "the disk reports an error"];

/** Everything beside the bundle's folder too, so that nothing temporary hides there. */
const all = ({ host, folder }: Place) => contentOf(host(), folder.slice(0, folder.lastIndexOf("/")));

/** Without what a run cannot remove where removing fails: temporary files, folders that it emptied. */
const settled = (content: Content) => withoutTemporaries(withoutEmptyFolders(content));

/** The calls that a run makes when nothing fails. */
function operations(scenario: Scenario, place: Place): Operation[] {
  const seen: Operation[] = [];
  scenario.prepare(place);
  write(
    interfered(place.host(), (operation) => void seen.push(operation)),
    place.folder,
    scenario.files,
  );
  expect(contentOf(place.host(), place.folder)).toEqual(wanted(scenario));
  expect(temporaries(all(place))).toEqual([]);
  return seen;
}

/** One call fails, or it and all that follow: what then must hold. Returns what the run said. */
function failing(scenario: Scenario, place: Place, failed: Operation, isLasting: boolean): string {
  scenario.prepare(place);
  const before = all(place);
  const why = reasons[failed.number % reasons.length] ?? "";
  const host = interfered(place.host(), ({ number }) =>
    number === failed.number || (isLasting && number > failed.number) ? { fails: why } : undefined,
  );
  const { value, diagnostics } = writeBundle(host, place.folder, scenario.files);
  const after = all(place);
  const [problem] = diagnostics;
  expect(ofUsers(scenario, place)).toEqual(scenario.users);
  if (value !== undefined) {
    expect(settled(contentOf(place.host(), place.folder))).toEqual(wanted(scenario));
  } else if (problem?.code === "PLN5025") {
    expect(problem.message).toContain(`failed: ${why}`);
  } else {
    expect(problem?.code).toMatch(/^PLN502[0-36]$/);
    expect(isLasting ? settled(after) : after).toEqual(isLasting ? settled(before) : before);
  }
  // The cause is gone: the next run finishes the work and removes what was left.
  write(place.host(99), place.folder, scenario.files);
  expect(withoutEmptyFolders(contentOf(place.host(), place.folder))).toEqual(wanted(scenario));
  expect(temporaries(all(place))).toEqual([]);
  return value !== undefined ? "written" : `${problem?.code} ${problem?.message}`;
}

describe.each(scenarios)("$name", (scenario) => {
  const calls = operations(scenario, inMemory());

  test("a call fails: the old bundle is as it was, or the message says that it is not", () => {
    const said = calls.map((call) => failing(scenario, inMemory(), call, false));
    for (const [index, { name, path }] of calls.entries()) {
      // What the run cannot do without, it speaks of.
      if (name === "create" || name === "makeFolder" || name === "rename") {
        const known = path.replace(/\.planc-[0-9]+\+*-/, "");
        expect([said[index], `${name} ${path}`]).toEqual([expect.stringContaining(known), `${name} ${path}`]);
      }
    }
    expect(said.some((what) => what.startsWith("PLN5021"))).toBe(true);
  });

  test("a call fails and all that follow do", () => {
    for (const call of calls) failing(scenario, inMemory(), call, true);
  });

  test("a call fails on a real disk", () => {
    const changing = onDisk((place) => operations(scenario, place)).filter(({ name }) => !/entry|stat|list/.test(name));
    // Of each kind of call the first, and the first in each folder.
    const some = sampled(changing, ({ name, path }) => [name, `${name} ${path.split("/").length}`]);
    for (const call of some) onDisk((place) => failing(scenario, place, call, false));
  });
});

test("only between renames is a bundle left half-way, and the message says so", () => {
  const scenario = scenarios.find(({ name }) => name === "another bundle");
  if (scenario === undefined) throw new Error("no such scenario");
  const calls = operations(scenario, inMemory());
  const renames = calls.filter(({ name }) => name === "rename");
  const said = renames.map((call) => failing(scenario, inMemory(), call, false));
  expect(said.map((what) => what.slice(0, 7))).toEqual(["PLN5021", ...renames.slice(1).map(() => "PLN5025")]);
  const removals = calls.filter(({ name, path }) => name === "removeFile" && path.endsWith("gemm.cu"));
  expect(removals.map((call) => failing(scenario, inMemory(), call, false))).toEqual([
    expect.stringContaining("holds files of two compilations: removing generated/job/planc_runtime/kernels/gemm.cu"),
  ]);
});

test("a folder that cannot be listed is not taken for an empty one", () => {
  const place = inMemory();
  place.host().makeFolder("generated");
  place.host().makeFolder(place.folder);
  place.host().create(`${place.folder}/thesis.tex`, new TextEncoder().encode("mine"), false);
  const scenario = { ...(scenarios[0] as Scenario), users: {} };
  const host = interfered(place.host(), ({ name }) => (name === "names" ? { fails: "permission denied" } : undefined));
  const { diagnostics } = writeBundle(host, place.folder, scenario.files);
  expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
    `PLN5021 cannot read ${place.folder}: permission denied`,
  ]);
  expect(contentOf(place.host(), place.folder)).toEqual(bundleAnd([], { "thesis.tex": "mine" }));
});
