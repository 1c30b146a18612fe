import type { MeshFacts } from "../../stack/facts.ts";
import { columnsOf, fold, foldBehind } from "../../text/fold.ts";
import { table } from "./table.ts";

/** One row for each pattern of parameters: how many there are, the whole shape, the share of a rank and what cuts it. */
export function parametersText({ placed, plan }: Pick<MeshFacts, "placed" | "plan">, width: number): string[] {
  const rows = placed.map(({ parameter, placement, local_shape, in_float32 }) => {
    const cuts = Object.entries(placement).map(([axis, cut]) => `${axis} ${cut}`);
    return [
      parameter.name,
      parameter.kind,
      parameter.layers === null ? "1" : `${parameter.layers.length}`,
      shape(parameter.shape),
      `${shape(local_shape)}${in_float32 && plan.precision.parameters !== "float32" ? " float32" : ""}`,
      cuts.length > 0 ? cuts.join(", ") : "whole on every rank",
    ];
  });
  const header = ["parameter", "kind", "layers", "shape", "on a rank", "cut by"];
  const lines = table([header, ...rows], [2]);
  if (lines.every((line) => columnsOf(line) <= width)) return lines;
  return rows.flatMap(([name = "", kind, layers = "", whole, local, cuts]) => [
    ...fold(name, width),
    ...foldBehind(
      "    ",
      `${kind}${layers === "1" ? "" : ` in ${layers} layers`}, ${whole}; on a rank ${local}: ${cuts}`,
      width,
    ),
  ]);
}

function shape(dims: readonly number[]): string {
  return `[${dims.join(", ")}]`;
}
