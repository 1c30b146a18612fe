import type { SftData } from "../tasks/sft.ts";

/** What of a trainer's options is other on another release of transformers: entries by name, null for one that is gone. */
interface SftChange extends Partial<Pick<SftData, "options" | "schedulers" | "router_loss">> {
  readonly transformers: string;
}

/** A trainer's options on another release of transformers than they were first read on. */
export function changed(data: SftData, { transformers, ...tables }: SftChange): SftData {
  const over = (name: "options" | "schedulers" | "router_loss") => {
    const entries = Object.entries({ ...data[name], ...tables[name] });
    return Object.fromEntries(entries.filter(([, entry]) => entry !== null));
  };
  const [options, schedulers, router_loss] = [over("options"), over("schedulers"), over("router_loss")];
  return { ...data, transformers, options, schedulers, router_loss };
}
