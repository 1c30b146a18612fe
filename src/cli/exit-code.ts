/** What planc's exit codes mean; scripts rely on them. */
export const exitCode = {
  fine: 0,
  /** The input has errors. */
  errors: 1,
  /** The command line is wrong, or a file named on it cannot be read. */
  usage: 2,
  /** `--check` found stale output. */
  stale: 3,
  /** A rehearsal came to other numbers than one process. */
  disagrees: 4,
  /** An exception: a mistake of planc's own. */
  bug: 70,
} as const;
