import type { EmittedFile } from "../../../host.ts";
import type { VersionsSection } from "../../../plan/types.ts";
import type { MeshFacts } from "../facts.ts";
import on523 from "../releases/5.23/requirements.json" with { type: "json" };
import on524 from "../releases/5.24/requirements.json" with { type: "json" };

const recorded: readonly { readonly versions: VersionsSection; readonly packages: readonly string[] }[] = [
  on523,
  on524,
];

/**
 * `requirements.lock`: each package that the requirements come to, in one release. It only holds installers to these, so packages
 * that the plan asks for besides are installed as they are. None where the plan's releases together were not recorded.
 */
export function emitPins({ plan }: MeshFacts): readonly EmittedFile[] {
  const { transformers, trl, accelerate, torch } = plan.versions;
  const found = recorded.find(
    ({ versions }) =>
      versions.transformers === transformers &&
      versions.trl === trl &&
      versions.accelerate === accelerate &&
      versions.torch === torch,
  );
  if (found === undefined) return [];
  const head = "# What the requirements come to, for pip's or uv's --constraint.";
  return [{ path: "requirements.lock", content: `${[head, ...found.packages].join("\n")}\n` }];
}
