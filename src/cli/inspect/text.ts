import type { CheckpointFile } from "../../checkpoint/folder.ts";
import { formInWords } from "../../checkpoint/form.ts";
import type { Inspected } from "../../checkpoint/inspect.ts";
import type { Part } from "../../checkpoint/sort.ts";
import { layersInWords } from "../../checkpoint/words.ts";
import { type Look, paint } from "../../diagnostics/formats/look.ts";
import { fold } from "../../text/fold.ts";
import { visible } from "../../text/visible.ts";
import { bytes, count, plural } from "../../text/words.ts";
import { table } from "../explain/table.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { grouped } from "./groups.ts";

/** Lines of a list that are shown one by one; of more only the first ones and what the rest come to. */
const most = 20;

/** What a checkpoint holds, for people. */
export function inspectText(inspected: Inspected, look: Look): string {
  const figures = figuresOf(inspected);
  const { experts, scales, extra, others } = figures.parts;
  const width = look.width - 2;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["Checkpoint", overview(inspected, figures, width)],
    ["Files", files(inspected.checkpoint.files, width)],
    ["Experts", list(experts, width)],
    ["Scales of quantised experts", list(scales, width)],
    ["Layers behind the model's own", list(grouped(extra), width)],
    [experts.length > 0 ? "Everything else" : "Tensors", list(grouped(others), width)],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return `${shown.map(([title, lines]) => [paint(look, "strong", title), ...lines.map((line) => `  ${line}`)].join("\n")).join("\n\n")}\n`;
}

/** What of the tensors was set against config.json. */
const comparison: Readonly<Record<Inspected["compared"], string>> = {
  all: "names, shapes and formats of all tensors were compared",
  experts: "the experts alone were compared: planc has no table of the rest",
  nothing: "no tensor was compared",
};

function overview(
  { model_type, checkpoint, layout, form, compared }: Inspected,
  { tensors, bytes: size, dtypes, experts }: Figures,
  width: number,
): string[] {
  const layouts = experts.flatMap(({ num_experts, layouts: runs }) =>
    runs.map((run) => [
      `${run.layout}: ${plural(num_experts, "expert")} in ${run.layers.length === 1 ? "" : "each of "}${layersInWords(run.layers)}`,
    ]),
  );
  const [first = [layout ?? "not known"], ...rest] = layouts;
  const rows = [
    ["folder", checkpoint.folder],
    ["family", model_type ?? "not known"],
    ["layout", ...first],
    ...rest.map((row) => ["", ...row]),
    ...(form.method === "plain" ? [] : [["stored", formInWords(form)]]),
    ["size", `${bytes(size)} in ${plural(tensors, "tensor")} and ${plural(checkpoint.files.length, "file")}`],
    ...dtypes.map((share, index) => [
      index === 0 ? "dtypes" : "",
      `${share.dtype}: ${bytes(share.bytes)} in ${plural(share.tensors, "tensor")}`,
    ]),
    ["config", comparison[compared]],
  ];
  return table(
    rows.map((row) => row.map(visible)),
    [],
    width,
  );
}

function files(of: readonly CheckpointFile[], width: number): string[] {
  const rows = of.map(({ name, size, tensors }) => [plural(tensors.length, "tensor"), bytes(size), visible(name)]);
  if (rows.length <= most) return table(rows, [0, 1], width);
  const sizes = of.map(({ size }) => size).sort((a, b) => a - b);
  const [first, last] = [of[0]?.name ?? "", of.at(-1)?.name ?? ""];
  return [
    `${count(of.length)} files of ${bytes(sizes[0] ?? 0)} to ${bytes(sizes.at(-1) ?? 0)}`,
    ...fold(`${visible(first)} to`, width),
    ...fold(visible(last), width),
  ];
}

/** Tensors, bytes and name, the name last since it may be long. */
function list(parts: readonly Part[], width: number): string[] {
  const rest = parts.slice(most);
  const rows = parts
    .slice(0, most)
    .map(({ pattern, tensors, bytes: size }) => [plural(tensors, "tensor"), bytes(size), visible(pattern)]);
  if (rest.length > 0) {
    const tensors = rest.reduce((all, part) => all + part.tensors, 0);
    const size = rest.reduce((all, part) => all + part.bytes, 0);
    rows.push([plural(tensors, "tensor"), bytes(size), `under ${plural(rest.length, "other name")}`]);
  }
  return table(rows, [0, 1], width);
}
