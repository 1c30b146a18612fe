import fc from "fast-check";
import { expect, test } from "vitest";
import { lockFile } from "../../src/bundle/digests.ts";
import { writeBundle } from "../../src/bundle/write.ts";
import { draws } from "../sample.ts";
import { first, second, third } from "./disks/bundles.ts";
import { type Content, contentOf, put, temporaries, withoutEmptyFolders } from "./disks/content.ts";
import { interfered } from "./disks/interference.ts";
import { inMemory, onDisk, type Place, untilKilled } from "./disks/scenarios.ts";

const bundles = { first, second, third };
const planned = [...new Set(Object.values(bundles).flatMap((files) => files.map(({ path }) => path)))];

type Step =
  | {
      readonly do: "write";
      readonly bundle: keyof typeof bundles;
      readonly killedAt?: number;
      readonly failsAt?: number;
    }
  | { readonly do: "put"; readonly path: string; readonly text: string }
  | { readonly do: "remove"; readonly path: string };

const bundle = fc.constantFrom<keyof typeof bundles>("first", "second", "third");
const path = fc.constantFrom(
  ...planned,
  "notes.txt",
  "planc_runtime/mine.py",
  "planc_runtime/kernels/mine.cu",
  "out/a",
);
const moment = fc.nat({ max: 90 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), bundle }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), bundle, killedAt: moment }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("write" as const), bundle, failsAt: moment }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("put" as const), path, text: fc.constantFrom("mine", "my\n") }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), path }) },
  ),
  { minLength: 1, maxLength: 12 },
);

/** Carries out the steps; the user's files, which nobody else may touch, are kept book of. */
function carryOut(place: Place, all: readonly Step[]): void {
  const { folder } = place;
  const users = new Map<string, string>();
  let isLockLost = false;
  let pid = 100;
  for (const step of all) {
    if (step.do === "write") {
      const { killedAt, failsAt } = step;
      const host = interfered(place.host(pid++), ({ number, name }) => {
        if (number === killedAt) return "dies";
        // A folder that cannot be removed is no reason to stop, and nothing that anyone would miss.
        return number === failsAt && name !== "removeFolder" ? { fails: "the disk reports an error" } : undefined;
      });
      const files = bundles[step.bundle];
      untilKilled(() => {
        const { value } = writeBundle(host, folder, files);
        const own = Object.fromEntries(
          files.map((file) => [file.path, `${file.content}${file.executable ? "+x" : ""}`]),
        );
        if (value === undefined || failsAt !== undefined) return;
        const expected = { ...own, ...Object.fromEntries(users) };
        const content = withoutEmptyFolders(contentOf(place.host(), folder));
        // Without its lock, planc no longer knows all that it wrote before, and leaves that in place.
        if (isLockLost) expect(content).toMatchObject(expected);
        else expect(content).toEqual(expected);
        expect(temporaries(contentOf(place.host(), folder.slice(0, folder.lastIndexOf("/"))))).toEqual([]);
      });
    } else if (step.do === "put") {
      put(place.host(), folder, { [step.path]: step.text });
      users.set(step.path, step.text);
    } else {
      // The user's own, or a file of planc's that the user wants away.
      place.host().removeFile(`${folder}/${step.path}`);
      users.delete(step.path);
      if (step.path === lockFile) isLockLost = true;
    }
    const content: Content = contentOf(place.host(), folder);
    for (const [name, text] of users) expect([name, content[name]]).toEqual([name, text]);
  }
}

test("whatever happens, no byte of the user's is lost, and what was written is the bundle and nothing else", () => {
  fc.assert(
    fc.property(steps, (all) => carryOut(inMemory(), all)),
    draws(400, 1500),
  );
});

test("on a real disk too", () => {
  fc.assert(
    fc.property(steps, (all) => onDisk((place) => carryOut(place, all))),
    draws(15, 60),
  );
});
