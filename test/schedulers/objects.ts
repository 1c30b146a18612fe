/** The objects that a plan's bundle holds for a cluster, and plans that try the options of those schedulers. */
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { bundleOf, text, textOf } from "../emitted/hostile-plans.ts";

export type Tree = Readonly<Record<string, unknown>>;

/** The text of a plan's file for a scheduler. */
export async function fileOf(path: string, scheduler: Tree, nodes = 2, changes: Tree = {}): Promise<string> {
  const bundle = await bundleOf({
    name: "toy",
    cluster: { nodes, scheduler },
    parallelism: { ep_size: 8, fsdp_size: 8 * nodes },
    ...changes,
  });
  return bundle.get(path) ?? "";
}

/** Its documents, in order. */
export function documents(content: string): readonly Tree[] {
  return parseAllDocuments(content, { version: "1.1" }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Tree;
  });
}

/** What stands at a path of keys and indices. */
export function at(tree: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string | number, unknown> | undefined)?.[step], tree);
}

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const qualified = fc.constantFrom("team", "example.org/kind", "nvidia.com/gpu.product");
const value = fc.constantFrom("", "true", "null", "1", "1e3", "0x10", "NVIDIA-H100-80GB-HBM3", "no", "2026-11-23");
const path = textOf(40).map((each) => `/${each.replace(/[/:\p{Cc}]/gu, "_")}`);
const quantity = fc.constantFrom<string | number>(1, "1", "500m", "1.5", "900Gi", "64G");
const device = fc.constantFrom<string | number>(1, "8", "2k");

/** Every option of a pod, with what is hard to quote wherever a text is free. */
export const pods: fc.Arbitrary<Tree> = fc
  .record(
    {
      image: fc.constantFrom("r/train:1", "registry.example.org:5000/a/b@sha256:0123456789abcdef"),
      bundle: fc.constantFrom("/bundle", "/data/my.bundle", "/-x/@+"),
      name: label,
      namespace: label,
      queueName: label,
      gpuResource: fc.constantFrom("nvidia.com/gpu", "example.org/h100"),
      resources: fc.record(
        {
          cpu: quantity,
          memory: quantity,
          "hugepages-2Mi": fc.constant("5Gi"),
          "rdma/ib": device,
          "vpc.amazonaws.com/efa": device,
        },
        { requiredKeys: [] },
      ),
      volumes: fc.uniqueArray(
        fc.record(
          { claimName: label, mountPath: path, subPath: path.map((each) => each.slice(1)), readOnly: fc.boolean() },
          { requiredKeys: ["claimName", "mountPath"] },
        ),
        { maxLength: 3, selector: ({ mountPath }) => mountPath },
      ),
      nodeSelector: fc.dictionary(qualified, value, { maxKeys: 3, noNullPrototype: true }),
      tolerations: fc.array(
        fc.oneof(
          fc.constant({ operator: "Exists" }),
          fc.record({ key: qualified, operator: fc.constant("Equal"), value, effect: fc.constant("NoExecute") }),
        ),
        { maxLength: 3 },
      ),
      annotations: fc.dictionary(qualified, text, { maxKeys: 3, noNullPrototype: true }),
      serviceAccountName: label,
      imagePullSecrets: fc.array(label, { maxLength: 2 }),
      terminationGracePeriodSeconds: fc.integer({ min: 1, max: 604_800 }),
    },
    { requiredKeys: ["image"] },
  )
  .filter(({ volumes = [] }) => volumes.every(({ subPath = "" }) => !subPath.split("/").includes("..")));

/** What pods of a runtime that is the job's own may be told beside that. */
export const ownPods = fc.record(
  {
    envFrom: fc.array(label, { maxLength: 2 }),
    priorityClassName: label,
    backoffLimitPerIndex: fc.integer({ min: 0, max: 1000 }),
  },
  { requiredKeys: [] },
);
