/** `job.trainjob.yaml` against the fields that the releases of Kubeflow Trainer declare, and what its operator checks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draws } from "../sample.ts";
import { misfits } from "./definitions.ts";
import { at, documents, fileOf, ownPods, pods, type Tree } from "./objects.ts";

const plain = { kind: "trainjob", image: "r/train:1" };
const job = async (scheduler: Tree = {}, nodes = 2) =>
  documents(await fileOf("job.trainjob.yaml", { ...plain, ...scheduler }, nodes));
const patched = [
  "trainingRuntimeSpec",
  "template",
  "spec",
  "replicatedJobs",
  0,
  "template",
  "spec",
  "template",
  "spec",
];
const patchOf = (own: unknown) => at(own, "spec", "runtimePatches", 0, ...patched) as Tree;

describe("the definitions of each release", () => {
  const releases = fc.constantFrom("2.2" as const, "2.3" as const);

  test("have every field of every plan's TrainJob, hostile texts among them", async () => {
    await fc.assert(
      fc.asyncProperty(pods, releases, fc.constantFrom(1, 16), async (options, trainer, nodes) => {
        const { terminationGracePeriodSeconds: _, ...early } = options;
        const objects = await job({ ...(trainer === "2.2" ? early : options), trainer }, nodes);
        expect(objects.map(({ kind }) => kind)).toEqual(["TrainJob"]);
        expect(objects.flatMap((object) => misfits(object, trainer))).toEqual([]);
      }),
      draws(20, 300),
    );
  });

  test("and of its own runtime, where it starts again", async () => {
    await fc.assert(
      fc.asyncProperty(pods, ownPods, releases, async (options, more, trainer) => {
        const objects = await job({ ...options, ...more, trainer, requeue: true });
        expect(objects.map(({ kind }) => kind)).toEqual(["TrainingRuntime", "TrainJob"]);
        expect(objects.flatMap((object) => misfits(object, trainer))).toEqual([]);
      }),
      draws(20, 300),
    );
  });

  test("are closed: unknown fields, wrong types and what is missing are told", async () => {
    const [own = {}] = await job();
    const spec = at(own, "spec") as Tree;
    const changed = (change: Tree) => misfits({ ...own, spec: { ...spec, ...change } }, "2.3");
    expect(changed({ podTemplateOverrides: [] })).toEqual([".spec: has no podTemplateOverrides"]);
    expect(changed({ trainer: { numNodes: "2" } })).toEqual(['.spec.trainer.numNodes: "2" is no integer']);
    expect(changed({ runtimeRef: {} })).toEqual([".spec.runtimeRef: lacks name"]);
    expect(misfits({ ...own, apiVersion: "kubeflow.org/v1" }, "2.3")).toHaveLength(1);
    expect(misfits(own, "2.2")).toEqual([
      ".spec.runtimePatches[0].trainingRuntimeSpec.template.spec.replicatedJobs[0].template.spec.template.spec: has no " +
        "terminationGracePeriodSeconds",
    ]);
  });
});

describe("what the operator checks", () => {
  test("a patch speaks of the runtime's container, and sets no variables of it", async () => {
    const [own] = await job({ volumes: [{ claimName: "data", mountPath: "/data" }] });
    const containers = patchOf(own)["containers"] as readonly Tree[];
    expect(containers.map(({ name, env }) => [name, env])).toEqual([["node", undefined]]);
    expect(at(own, "spec", "runtimePatches", 0, "manager")).toMatch(/^[a-z0-9.-]+\/[\w.-]+$/);
  });

  test("the job refers to its own runtime by kind and name", async () => {
    const [runtime, own] = await job({ requeue: true, name: "again" });
    expect(at(own, "spec", "runtimeRef")).toEqual({
      apiGroup: "trainer.kubeflow.org",
      kind: "TrainingRuntime",
      name: at(runtime, "metadata", "name"),
    });
    expect(at(own, "spec", "runtimePatches")).toBeUndefined();
  });

  test("nobody but the operator sets PET_*, and launch.sh gets them under its own names", async () => {
    const [own] = await job({ bundle: "/data/b" });
    expect(at(own, "spec", "trainer", "env")).toEqual([{ name: "PLANC_LINKS_WAIT", value: "1800" }]);
    expect(at(own, "spec", "trainer", "command", 2)).toContain('NODE_RANK="$PET_NODE_RANK"');
  });
});

test("Trainer 2.2 has no grace period in a patch, its runtimes do", async () => {
  const [late] = await job();
  const [early] = await job({ trainer: "2.2" });
  const [runtime] = await job({ trainer: "2.2", requeue: true });
  const [pod] = [at(runtime, "spec", "template", "spec", "replicatedJobs", 0, "template", "spec", "template", "spec")];
  expect([late, early].map((own) => patchOf(own)["terminationGracePeriodSeconds"])).toEqual([540, undefined]);
  expect(at(pod, "terminationGracePeriodSeconds")).toBe(540);
});
