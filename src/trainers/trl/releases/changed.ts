import type { ReadData, TaskData } from "../tasks/task.ts";

const names = ["options", "schedulers", "router_loss", "router_loss_stops"] as const;
type Table = (typeof names)[number];

/** What of a trainer's options is other on another release of transformers: entries by name, null for one that is gone. */
interface Change extends Partial<Pick<ReadData, Table>> {
  readonly transformers: string;
}

/** A trainer's options on another release of transformers than they were first read on. */
export function changed(data: ReadData, { transformers, ...tables }: Change): ReadData {
  const over = (name: Table) => {
    const entries = Object.entries({ ...data[name], ...tables[name] });
    return Object.fromEntries(entries.filter(([, entry]) => entry !== null));
  };
  return { ...data, transformers, ...Object.fromEntries(names.map((name) => [name, over(name)])) };
}

/**
 * Two tasks: the first as its file has it, and another, of which a file has what its class has otherwise, null for options
 * that it has not.
 */
export function twoTasks(first: ReadData, other: Pick<ReadData, "class" | "options">): readonly [TaskData, TaskData] {
  const second = {
    ...changed(first, { transformers: first.transformers, options: other.options }),
    class: other.class,
  };
  return [
    { ...first, others: lacking(first, second) },
    { ...second, others: lacking(second, first) },
  ];
}

/** Options that `other` alone has → its class. */
function lacking(data: ReadData, other: ReadData): Readonly<Record<string, string>> {
  const names = Object.keys(other.options).filter((name) => !Object.hasOwn(data.options, name));
  return Object.fromEntries(names.map((name) => [name, other.class]));
}
