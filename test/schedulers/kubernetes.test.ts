/** `job.k8s.yaml` against the API of each release of Kubernetes that is maintained, and what that API does not say. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { draws } from "../sample.ts";
import { runPython } from "../text/programs.ts";
import { at, documents, fileOf, ownPods, pods, type Tree } from "./objects.ts";

const program = readFileSync(new URL("../python/kubernetes_objects.py", import.meta.url), "utf8");

/** What the API of any release objects to in any of the texts: their numbers, and why. */
function faults(texts: readonly string[]): readonly (readonly [text: number, ...string[]])[] {
  return JSON.parse(runPython(program, JSON.stringify(texts)));
}

const plain = { kind: "kubernetes", image: "r/train:1" };
const job = (scheduler: Tree = {}, nodes = 2, changes: Tree = {}) =>
  fileOf("job.k8s.yaml", { ...plain, ...scheduler }, nodes, changes);
const containerOf = (own: unknown) => at(own, "spec", "template", "spec", "containers", 0) as Tree;

describe("the API of each release", () => {
  test("accepts every plan's objects, hostile texts among them", async () => {
    const { numRuns, seed } = draws(24, 300);
    const drawn = fc.sample(fc.tuple(pods, ownPods, fc.constantFrom(1, 2, 16)), { numRuns, ...(seed && { seed }) });
    const texts = await Promise.all(drawn.map(([one, more, nodes]) => job({ ...one, ...more }, nodes)));
    expect(faults(texts)).toEqual([]);
  });

  test("refuses what planc must not write", async () => {
    const own = documents(await job())[1];
    const changed = (change: (spec: Tree) => Tree) => stringify({ ...own, spec: change(at(own, "spec") as Tree) });
    const found = faults([
      changed((spec) => ({ ...spec, completionMode: 1 })),
      changed((spec) => ({ ...spec, restartPolicy: "Never" })),
      changed(({ template: _, ...spec }) => spec),
    ]);
    expect(new Set(found.map(([number]) => number))).toEqual(new Set([0, 1, 2]));
  });
});

describe("what the server checks beside it", () => {
  test("every mount has its volume, every volume a mount, and no name is twice there", async () => {
    await fc.assert(
      fc.asyncProperty(pods, async (options) => {
        const own = documents(await job(options)).at(-1);
        const names = (list: unknown) => (list as readonly Tree[]).map(({ name }) => name);
        const volumes = names(at(own, "spec", "template", "spec", "volumes"));
        expect(new Set(volumes).size).toBe(volumes.length);
        expect(new Set(names(containerOf(own)["volumeMounts"]))).toEqual(new Set(volumes));
      }),
      draws(10, 200),
    );
  });

  test("texts arrive as they are written", async () => {
    const annotations = { "example.org/note": '"$(x)"\n- a: #b\u2028\ttrue' };
    const volumes = [{ claimName: "data", mountPath: "/da ta/'x' #y", subPath: "no" }];
    const own = documents(await job({ annotations, volumes, nodeSelector: { team: "1e3" } })).at(-1);
    expect(at(own, "spec", "template", "metadata", "annotations")).toEqual(annotations);
    expect(at(containerOf(own), "volumeMounts", 1)).toEqual({
      name: "claim-0",
      mountPath: "/da ta/'x' #y",
      subPath: "no",
    });
    expect(at(own, "spec", "template", "spec", "nodeSelector")).toEqual({ team: "1e3" });
  });

  test("IPC_LOCK comes with a fabric's devices alone", async () => {
    const added = async (resources: Tree) =>
      at(containerOf(documents(await job({ resources })).at(-1)), "securityContext", "capabilities", "add");
    expect(await added({ "rdma/hca_shared": 1 })).toEqual(["IPC_LOCK"]);
    expect(await added({ "vpc.amazonaws.com/efa": 32 })).toEqual(["IPC_LOCK"]);
    expect(await added({ cpu: 8, "example.org/vibration": 1, "example.org/fibre": 1 })).toBeUndefined();
  });
});

test("one node needs no Service and learns no rank", async () => {
  const [own, ...rest] = documents(await job({}, 1));
  expect([own?.["kind"], rest]).toEqual(["Job", []]);
  expect(containerOf(own)["env"]).toBeUndefined();
});

test("a pod gets the time that a save takes, and never less than five minutes", async () => {
  const grace = async (parallelism: Tree, nodes: number) =>
    at(
      documents(await job({}, nodes, { parallelism })).at(-1),
      "spec",
      "template",
      "spec",
      "terminationGracePeriodSeconds",
    );
  // 30.5 billion parameters of 12 bytes, on one node: 366 GB at 0.5 GB/s and two minutes; a sixteenth of it takes 166 s.
  expect(await grace({ ep_size: 8, fsdp_size: 8 }, 1)).toBe(900);
  expect(await grace({ ep_size: 8, fsdp_size: 128 }, 16)).toBe(300);
});
