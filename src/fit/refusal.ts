import { gpus } from "../cluster/gpus.ts";
import type { Trials, World } from "../compiler.ts";
import { PLN5051 } from "../diagnostics/catalogue/launch.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { bytesPerParameter } from "../estimate/memory.ts";
import { fileStart, type Location } from "../text/location.ts";
import { bytes, count, orList } from "../text/words.ts";
import type { Fit } from "./fit.ts";
import { inWords, relaxations } from "./relax.ts";
import type { Machines, Request } from "./request.ts";
import type { Space } from "./search.ts";

/**
 * What is wrong with the model itself, whatever the mesh: said of its config.json, since the plan that it was tried with is
 * nobody's. Empty where it is only the mesh.
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

/** Says that nothing fits, with the numbers, and what would have to be other. */
export function nothingFits(
  world: World,
  file: string,
  request: Request,
  trials: Trials,
  space: Space & { readonly machines: readonly [Machines] },
  { isMemory, least }: Pick<Fit, "isMemory" | "least">,
): Diagnostic {
  const [machines] = space.machines;
  const { totals, model_type, sizes, at } = trials.model;
  const named = relaxations(world, file, request, trials, space);
  const help =
    named.length === 0 ? "no cluster of such GPUs is large enough" : `a plan would fit with ${orList(named)}`;
  const place = at("num_experts");
  const ofGpus = inWords(machines);
  if (!isMemory) {
    const values = { gpus: ofGpus, model_type, num_experts: sizes.num_experts };
    return PLN5051(place, values, { variant: "rules", help });
  }
  const memory = bytes(gpus.get(machines.gpu)?.memory ?? 0);
  if (least !== null) {
    const values = { gpus: ofGpus, memory, model_type, length: count(request.maxLength), least: bytes(least) };
    return PLN5051(fileStart(place.file), values, { variant: "step", help });
  }
  const { total } = totals;
  const [full = "", half = ""] = (["float32", "bfloat16"] as const).map((each) =>
    bytes(total * bytesPerParameter(each)),
  );
  const figures = { gpus: ofGpus, model_type, memory, total: count(total), full, half };
  return PLN5051(fileStart(place.file), figures, { help });
}
