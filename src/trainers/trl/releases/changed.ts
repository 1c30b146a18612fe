import type { SftData } from "../tasks/sft.ts";

const names = ["options", "schedulers", "router_loss", "router_loss_stops"] as const;
type Table = (typeof names)[number];

/** What of a trainer's options is other on another release of transformers: entries by name, null for one that is gone. */
interface SftChange extends Partial<Pick<SftData, Table>> {
  readonly transformers: string;
}

/** A trainer's options on another release of transformers than they were first read on. */
export function changed(data: SftData, { transformers, ...tables }: SftChange): SftData {
  const over = (name: Table) => {
    const entries = Object.entries({ ...data[name], ...tables[name] });
    return Object.fromEntries(entries.filter(([, entry]) => entry !== null));
  };
  return { ...data, transformers, ...Object.fromEntries(names.map((name) => [name, over(name)])) };
}
