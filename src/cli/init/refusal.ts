import type { World } from "../../compiler.ts";
import { PLN5051 } from "../../diagnostics/catalogue/launch.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { bytesPerParameter } from "../../estimate/memory.ts";
import type { Model } from "../../model/model.ts";
import { fileStart, type Location } from "../../text/location.ts";
import { bytes, count, plural } from "../../text/words.ts";
import type { Request } from "./request.ts";
import { searchCluster } from "./search.ts";

const formats = ["float32", "bfloat16"] as const;
/** GPUs beyond which no cluster is proposed. */
const mostGpus = 1024;

/**
 * What is wrong with the model itself, whatever the mesh: said of its config.json, since the plan that it was tried with is
 * nobody's. Undefined where it is only the mesh.
 */
export function aboutModel(diagnostics: readonly Diagnostic[], plan: string, config: string): Diagnostic[] {
  return diagnostics
    .filter(({ severity, code, location }) => severity === "error" && (/^PLN[12]/.test(code) || location.file !== plan))
    .map((diagnostic) => {
      const related = diagnostic.related.filter(({ location }) => location.file !== plan);
      if (diagnostic.location.file !== plan) return { ...diagnostic, related, fixes: [] };
      const help =
        diagnostic.code === "PLN1001" ? { help: "name the model's config.json, or the folder that has it" } : {};
      const location: Location = related[0]?.location ?? fileStart(config);
      return { ...diagnostic, ...help, location, related: related.slice(1), fixes: [] };
    });
}

/** Says that nothing fits, with the numbers, and which cluster of the same GPUs would do. */
export function nothingFits(
  world: World,
  file: string,
  request: Request,
  model: Model,
  memory: number,
  isMemory: boolean,
): Diagnostic {
  const gpus = clusterInWords(request);
  const { total } = model.totals;
  const [full, half] = formats.map((format) => bytes(total * bytesPerParameter(format)));
  const { model_type, sizes } = model;
  const enough = formats.map((format) => [format, enoughGpus(world, file, request, format, model)] as const);
  const named = enough.flatMap(([format, found]) =>
    found === undefined ? [] : [`${clusterInWords(found)} with parameters in ${format}`],
  );
  const help = named.length === 0 ? "no cluster of such GPUs is large enough" : `large enough: ${named.join(", or ")}`;
  const place = model.at("num_experts");
  const values = { gpus, model_type, num_experts: sizes.num_experts };
  if (!isMemory) return PLN5051(place, values, { variant: "rules", help });
  const figures = { gpus, model_type, memory: bytes(memory), total: count(total), full: full ?? "", half: half ?? "" };
  return PLN5051(fileStart(place.file), figures, { help });
}

function clusterInWords({ nodes, gpusPerNode }: Pick<Request, "nodes" | "gpusPerNode">): string {
  return nodes === 1 ? plural(gpusPerNode, "GPU") : `${nodes} nodes of ${plural(gpusPerNode, "GPU")}`;
}

/** The first larger cluster, tried out, that has room for the model with its parameters in a format. */
function enoughGpus(
  world: World,
  file: string,
  request: Request,
  format: (typeof formats)[number],
  model: Model,
): Request | undefined {
  const { nodes, gpusPerNode } = request;
  const inNode = nodes === 1 ? [2, 4, 8].filter((gpus) => gpus > gpusPerNode) : [];
  const wide = Math.max(8, gpusPerNode);
  const clusters = inNode.map((gpus) => ({ ...request, gpusPerNode: gpus }));
  for (let more = nodes * 2; more * wide <= mostGpus; more *= 2)
    clusters.push({ ...request, nodes: more, gpusPerNode: wide });
  return clusters.find((cluster) => {
    return searchCluster(world, file, cluster, model, [format]).best !== undefined;
  });
}
