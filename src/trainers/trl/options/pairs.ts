/** The value that the trainer will have of an option. */
export type Value = (name: string) => unknown;

/** Two options that do not go together. */
export interface Pair {
  /** The option that the message is about. */
  readonly option: string;
  readonly clashes: (value: Value) => boolean;
  readonly why: (value: Value) => string;
  readonly help: string;
}

/** Combinations that the configuration class or the trainer of every task refuses when it is built. */
export const pairs: readonly Pair[] = [
  {
    option: "dataloader_prefetch_factor",
    clashes: (value) =>
      typeof value("dataloader_prefetch_factor") === "number" && value("dataloader_num_workers") === 0,
    why: () => "needs dataloader_num_workers of at least 1",
    help: "write dataloader_num_workers",
  },
  {
    option: "dataloader_persistent_workers",
    clashes: (value) => value("dataloader_persistent_workers") === true && value("dataloader_num_workers") === 0,
    why: () => "needs dataloader_num_workers of at least 1",
    help: "write dataloader_num_workers",
  },
];
