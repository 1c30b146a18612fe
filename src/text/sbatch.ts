import { unwritable } from "./literal.ts";

/**
 * What follows `#SBATCH --`. These lines are no shell: nothing in them is a variable, and Slurm's own reading of quotes and
 * backslashes is kept out of them.
 */
export function directive(option: string, value: string | number | null): string {
  if (!/^[a-z]+(-[a-z]+)*$/.test(option)) throw unwritable(option, "an option of sbatch");
  if (value === null) return option;
  if (!/^[^\s"'\\#]+$/.test(String(value))) throw unwritable(value, "a value in an #SBATCH line");
  return `${option}=${value}`;
}
