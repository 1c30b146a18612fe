/** What the trainer logged of one step. */
export interface Entry {
  readonly loss: number;
  readonly grad_norm: number;
}

/** The trainer's log lines, Python dicts of plain numbers and texts. */
export function history(output: string): Entry[] {
  const lines = output.split("\n").flatMap((line) => line.match(/\{'loss'.*?\}/g) ?? []);
  return lines.map((line) => {
    const { loss, grad_norm } = JSON.parse(line.replaceAll("'", '"'));
    return { loss: Number(loss), grad_norm: Number(grad_norm) };
  });
}

/** What `test/python/reference_run.py` prints. */
export interface Reference {
  readonly history: readonly Entry[];
  /** Names of weights that loading the saved model left over, by kind. */
  readonly report: object;
  /** The largest differences: of parameters to the reference's, of the reference's to where it began, of logits. */
  readonly parameters: number;
  readonly moved: number;
  readonly logits: number;
}

export const loadsWhole = { missing_keys: [], unexpected_keys: [], mismatched_keys: [] };
