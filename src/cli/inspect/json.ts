import type { Inspected } from "../../checkpoint/inspect.ts";
import type { Run } from "../../checkpoint/layout.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { json as findings } from "../../diagnostics/formats/json.ts";
import { plainLook } from "../../diagnostics/formats/look.ts";
import { json } from "../../text/json.ts";
import { figuresOf } from "./figures.ts";

/** The report and the findings as one object, for programs. What is not known is null. */
export function inspectJson(
  folder: string,
  inspected: Inspected | undefined,
  diagnostics: readonly Diagnostic[],
): string {
  const { version, ...found } = JSON.parse(findings({ diagnostics, sources: new Map() }, plainLook));
  const figures = inspected === undefined ? undefined : figuresOf(inspected);
  const files = inspected?.checkpoint.files.map(({ name, size, tensors }) => ({ name, size, tensors: tensors.length }));
  const report = {
    version,
    folder,
    model_type: inspected?.model_type ?? null,
    layout: inspected?.layout ?? null,
    stored: inspected?.form.method ?? null,
    compared: inspected?.compared ?? null,
    experts:
      figures?.experts.map(({ num_experts, layouts }) => ({
        num_experts,
        layouts: layouts.map(({ layout, layers }: Run) => ({ layout, layers: [...layers] })),
      })) ?? null,
    tensors: figures?.tensors ?? null,
    bytes: figures?.bytes ?? null,
    dtypes: figures?.dtypes.map((share) => ({ ...share })) ?? null,
    files: files ?? null,
    parts:
      figures === undefined
        ? null
        : Object.fromEntries(
            Object.entries(figures.parts).map(([kind, parts]) => [kind, parts.map((part) => ({ ...part }))]),
          ),
    ...found,
  };
  return `${json(report)}\n`;
}
