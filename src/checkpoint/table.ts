import type { Parameter } from "../model/model.ts";
import type { Named } from "./names.ts";

/** A row of the table of what stands beside the experts. */
export interface Row {
  readonly parameter: Parameter;
  /** As it is stored, `{layer}` open. */
  readonly name: string;
  /** Undefined outside the layers. */
  readonly layers: ReadonlySet<number> | undefined;
}

/** What a model consists of beside its experts, to be found by the names of stored tensors. */
export class Table {
  readonly rows: readonly Row[];
  private readonly byPattern = new Map<string, Row>();

  constructor(parameters: readonly Parameter[]) {
    this.rows = parameters
      .filter(({ kind }) => kind !== "expert")
      .map((parameter) => ({
        parameter,
        name: parameter.stored[0] ?? parameter.name,
        layers: parameter.layers === null ? undefined : new Set(parameter.layers),
      }));
    for (const row of this.rows) {
      // transformers takes the name in memory as well as the published one.
      for (const name of [...row.parameter.stored, row.parameter.name]) {
        this.byPattern.set(name.replace("{layer}", "*"), row);
      }
    }
  }

  /** The row that a tensor belongs to: transformers adds or takes off `model.` where that makes a name it knows. */
  find({ pattern, numbers }: Pick<Named, "pattern" | "numbers">): Row | undefined {
    const row =
      this.byPattern.get(pattern) ??
      this.byPattern.get(`model.${pattern}`) ??
      this.byPattern.get(pattern.replace(/^model\./, ""));
    return row?.layers === undefined || row.layers.has(numbers[0] ?? -1) ? row : undefined;
  }
}
