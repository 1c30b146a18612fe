import type { CaseRelease } from "../../src/diagnostics/case.ts";
import { transformers } from "../../src/engines/transformers/engine.ts";
import type { TransformersRelease } from "../../src/engines/transformers/releases/release.ts";
import type { Stacks } from "../../src/stack/stacks.ts";
import { stacks } from "../../src/stacks.ts";

/** The stacks that planc is built with; every release of transformers says of every family what is given. */
export function stacksWith(changes?: CaseRelease): Stacks {
  if (changes === undefined) return stacks;
  const releases = transformers.releases.map((release) => changed(release, changes));
  return { ...stacks, engines: [{ ...transformers, releases }] };
}

function changed(release: TransformersRelease, { epPlan, documents }: CaseRelease): TransformersRelease {
  const family: TransformersRelease["family"] = (modelType) => {
    const own = release.family(modelType);
    return own && { ...own, epPlan: epPlan ?? own.epPlan };
  };
  const of = (modelType: string) => documents ?? release.documents[modelType] ?? {};
  const judged = Object.keys(release.documents).map((modelType) => [modelType, of(modelType)] as const);
  return { ...release, family, documents: Object.fromEntries(judged) };
}
