import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import type { Parameter } from "../model/model.ts";
import { fileStart } from "../text/location.ts";
import { plural } from "../text/words.ts";
import type { Checkpoint } from "./folder.ts";
import { shapeInWords, shown } from "./scanner.ts";
import { patternOf } from "./slots.ts";
import type { StoredTensor } from "./tensors.ts";

interface Misshapen {
  readonly file: string;
  readonly tensor: StoredTensor;
  readonly wanted: readonly number[];
}

/**
 * What contradicts config.json beside the experts: one message, because one wrong size makes many shapes wrong.
 *
 * @param parameters The model's table. Its experts are judged elsewhere.
 */
export function judgeDense({ folder, files }: Checkpoint, parameters: readonly Parameter[]): Diagnostic[] {
  const table = new Map<string, { readonly shape: readonly number[]; readonly layers: ReadonlySet<number> | null }>();
  for (const { kind, stored, shape, layers } of parameters) {
    if (kind === "expert") continue;
    const row = { shape, layers: layers === null ? null : new Set(layers) };
    for (const name of stored) table.set(name.replace("{layer}", "*"), row);
  }
  const [first, ...others] = files.flatMap(({ name: file, tensors }) =>
    tensors.flatMap((tensor): Misshapen[] => {
      const { pattern, numbers } = patternOf(tensor.name);
      const row = table.get(pattern);
      // Layers of other kinds, and those behind the model's own, are not what the row speaks of.
      const isMeant = row !== undefined && (row.layers === null || row.layers.has(numbers[0] ?? -1));
      return isMeant && !isEqual(tensor.shape, row.shape) ? [{ file, tensor, wanted: row.shape }] : [];
    }),
  );
  if (first === undefined) return [];
  const place = fileStart(`${folder}/${first.file}`);
  const { tensor, wanted } = first;
  const values = { tensor: shown(tensor.name), shape: shapeInWords(tensor.shape), wanted: shapeInWords(wanted) };
  if (others.length === 0) return [report("PLN2118", place, values)];
  return [report("PLN2118", place, { ...values, others: plural(others.length, "other tensor") }, { variant: "many" })];
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, dim) => size === b[dim]);
}
