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
