/** A command line that makes no sense: said in one sentence, exit code 2. Caught in `main` and nowhere else. */
export class UsageError extends Error {
  constructor(
    message: string,
    /** What to do about it. */
    readonly help?: string,
  ) {
    super(message);
  }
}
