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

/**
 * A command line that makes no sense: said in one sentence, exit code 2. Caught in `main` and nowhere else, by its name:
 * each command is a bundle of its own with a class of its own.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(
    message: string,
    /** What to do about it. */
    readonly help?: string,
  ) {
    super(message);
  }
}

export function isUsageError(error: unknown): error is UsageError {
  return error instanceof Error && error.name === "UsageError";
}
