import { describe, expect, test } from "vitest";
import { writeBundle } from "../../src/bundle/write.ts";
import type { EmittedFile } from "../../src/host.ts";
import { conformance } from "../sample.ts";
import { first, second, third, users } from "./disks/bundles.ts";
import { bundleAnd, type Content, contentOf, temporaries } from "./disks/content.ts";
import { interfered } from "./disks/interference.ts";
import {
  inMemory,
  killAtRename,
  ofUsers,
  onDisk,
  type Place,
  type Scenario,
  scenarios,
  untilKilled,
  wanted,
  write,
} from "./disks/scenarios.ts";

const beside = ({ host, folder }: Place): Content => contentOf(host(), folder.slice(0, folder.lastIndexOf("/")));

/** A run dies at its call number `step`; false when it has no more calls. */
function dies(scenario: Scenario, place: Place, step: number, pid: number): boolean {
  scenario.prepare(place);
  const host = interfered(place.host(pid), ({ number }) => (number === step ? "dies" : undefined));
  return untilKilled(() => write(host, place.folder, scenario.files)) === "killed";
}

/** Kills a run at each of its calls in turn (every third, say), and hands each wreck on. Returns how many there were. */
function eachWreck(
  scenario: Scenario,
  places: (use: (place: Place) => void) => void,
  use: (place: Place) => void,
  stride = 1,
) {
  let step = 0;
  for (let isKilled = true; isKilled; step += stride) {
    places((place) => {
      isKilled = dies(scenario, place, step, 4);
      expect(ofUsers(scenario, place)).toEqual(scenario.users);
      use(place);
    });
  }
  return step;
}

const memory = (use: (place: Place) => void) => use(inMemory());

describe.each(scenarios)("killed at any call: $name", (scenario) => {
  const finishes = (files: readonly EmittedFile[], content: Content, pid: number) => (place: Place) => {
    write(place.host(pid), place.folder, files);
    expect(contentOf(place.host(), place.folder)).toEqual(content);
    expect(temporaries(beside(place))).toEqual([]);
  };

  test("the next run finishes the work and leaves nothing behind", () => {
    const wrecks = eachWreck(scenario, memory, finishes(scenario.files, wanted(scenario), 5));
    expect(wrecks).toBeGreaterThanOrEqual(15);
  });

  test("so does one that has the same number", () => {
    eachWreck(scenario, memory, finishes(scenario.files, wanted(scenario), 4));
  });

  test("so does one that writes something else", () => {
    eachWreck(scenario, memory, finishes(third, bundleAnd(third, scenario.users), 5));
    eachWreck(scenario, memory, finishes(first, bundleAnd(first, scenario.users), 5));
  });

  test("on a real disk too", () => {
    const stride = conformance ? 1 : 5;
    eachWreck(scenario, onDisk, finishes(scenario.files, wanted(scenario), process.pid + 1), stride);
  });

  test("and when the next run is killed as well", () => {
    const total = eachWreck(scenario, memory, () => {});
    for (let step = 0; step < total; step += conformance ? 1 : 11) {
      const again = {
        ...scenario,
        files: second,
        prepare: (place: Place) => void dies(scenario, place, step, 4),
      };
      eachWreck(again, memory, finishes(third, bundleAnd(third, scenario.users), 6));
    }
  });
});

test("what a killed run left is no reason to overwrite the user's work", () => {
  const place = inMemory();
  write(place.host(), place.folder, first);
  killAtRename(place.host(7), place.folder, second, 2);
  place.host().removeFile(`${place.folder}/train.py`);
  place.host().create(`${place.folder}/train.py`, new TextEncoder().encode("mine\n"), false);
  const before = contentOf(place.host(), place.folder);
  const { diagnostics } = writeBundle(place.host(8), place.folder, second);
  expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
    `PLN5023 ${place.folder}/train.py was changed since planc wrote it`,
  ]);
  expect(contentOf(place.host(), place.folder)).toEqual(before);
});

test("files of the user's that are named like temporary ones stay", () => {
  const place = inMemory();
  const own: Content = { ...users, ".planc-12-notes.txt": "mine", "planc_runtime/.planc-12-mine.py": "mine" };
  const scenario = scenarios.find(({ name }) => name === "another bundle");
  if (scenario === undefined) throw new Error("no such scenario");
  scenario.prepare(place);
  for (const [path, text] of Object.entries(own)) {
    place.host().create(`${place.folder}/${path}`, new TextEncoder().encode(text), false);
  }
  write(place.host(), place.folder, second);
  expect(contentOf(place.host(), place.folder)).toEqual(bundleAnd(second, own));
});

describe("a power cut, which may take of the files what was not flushed", () => {
  const cuts: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
    "all of their bytes": () => new Uint8Array(),
    "their ends": (bytes) => bytes.subarray(0, bytes.length - 3),
    "their ends, zeros in their place": (bytes) => bytes.map((byte, at) => (at < 4 ? byte : 0)),
    "all but zeros": (bytes) => new Uint8Array(bytes.length),
  };

  test.each(Object.entries(cuts))("%s: the next run writes them again", (_, cut) => {
    const place = inMemory();
    const host = place.host();
    write(host, place.folder, first);
    for (const { path, executable } of first.filter((file) => file.path !== "plan.lock.json")) {
      const read = host.read(`${place.folder}/${path}`);
      if (!read.ok) throw new Error(read.why);
      host.removeFile(`${place.folder}/${path}`);
      host.create(`${place.folder}/${path}`, cut(read.bytes), executable ?? false);
    }
    write(host, place.folder, first);
    expect(contentOf(host, place.folder)).toEqual(bundleAnd(first));
  });

  test.each(scenarios)("the lock is flushed before it gets its name, and comes last: $name", (scenario) => {
    const place = inMemory();
    scenario.prepare(place);
    const calls: string[] = [];
    const host = interfered(place.host(4), ({ name, path }) => {
      if (name === "flush" || name === "rename") calls.push(`${name} ${path.replace(/^.*\//, "")}`);
      return undefined;
    });
    write(host, place.folder, scenario.files);
    expect(calls.filter((call) => call.startsWith("flush")).length).toBeLessThanOrEqual(2);
    const flushed = calls.findIndex((call) => /^flush .*plan\.lock\.json$/.test(call));
    const named = calls.findLastIndex((call) => call.startsWith("rename"));
    if (scenario.name.startsWith("the same bundle")) return expect(flushed).toBe(-1);
    expect(flushed).toBeGreaterThanOrEqual(0);
    expect(named).toBeGreaterThan(flushed);
    expect(calls.slice(flushed).filter((call) => call.startsWith("rename"))).toHaveLength(1);
  });
});
