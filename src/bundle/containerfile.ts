import { renderContainerfile } from "../generated/templates.js";
import type { EmittedFile } from "../host.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { installWords } from "./install.ts";

/** What `templates/bundle/Containerfile.sh.ejs` is written from. */
export interface ContainerfileView {
  readonly name: string;
  /** The least CUDA that the host's driver has to run; null where that of the plan's torch is not known. */
  readonly cuda: string | null;
  /** Files that say what to install, and pip's words for them. */
  readonly requirements: readonly string[];
  readonly install: readonly string[];
  readonly uv: string;
}

/** Minor release of torch → the first CUDA of the line that its package brings: any driver of that line runs it. */
const cudaOf: Readonly<Record<string, string>> = { "2.15": "13.0" };

/** With which the lock was made. */
const uv = "0.13.9";

/** An image with all that the job needs. None where the plan has an environment of its own to activate. */
export function emitContainerfile({ plan }: MeshFacts, requirements: readonly string[]): readonly EmittedFile[] {
  if (plan.cluster.activate !== undefined) return [];
  const view: ContainerfileView = {
    name: plan.name,
    cuda: cudaOf[plan.versions.torch.split(".").slice(0, 2).join(".")] ?? null,
    requirements,
    install: installWords(requirements),
    uv,
  };
  return [{ path: "Containerfile", content: renderContainerfile(view) }];
}
