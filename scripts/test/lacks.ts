/**
 * What a machine may lack that npm and pip cannot put there: the only reasons for which a complete run may skip a test.
 * A test names one of them through `test/needs.ts`.
 */
export const beyondInstalling = {
  mounts: "no process may mount a file system of its own here",
  slurm: "there is no Slurm here",
  browser: "there is no browser here",
} as const;

/** What `test/python/requirements.txt` brings on most machines; a run that must be complete does not do without. */
export const installable = {
  triton: "there is no Triton in the Python of the tests",
} as const;

export type Need = keyof typeof beyondInstalling | keyof typeof installable;

/** What vitest notes of a test that was skipped for that. */
export function noteOf(need: Need): string {
  return `${need}: ${{ ...beyondInstalling, ...installable }[need]}`;
}

/** Whether nothing could have been installed against a skip. */
export function isBeyondInstalling(note: string): boolean {
  return (Object.keys(beyondInstalling) as Need[]).some((need) => note === noteOf(need));
}
