import { spawn } from "node:child_process";
import type { Submission, SubmitStep } from "../schedulers/scheduler.ts";
import { filled, type Words } from "../schedulers/words.ts";

/** How a submission went. `status`: of the job itself, where it was started here. */
export type Submitted =
  | { readonly words: Words; readonly status: number }
  | { readonly failed: SubmitStep; readonly why: string; readonly undone: readonly string[][] };

/**
 * Runs the commands of a submission one after another. Where one fails, those before it are taken back.
 *
 * @param bundle the bundle's folder, absolute.
 * @param options of the trainer's program.
 */
export async function submit({ steps }: Submission, bundle: string, options: readonly string[]): Promise<Submitted> {
  const words = new Map([["bundle", bundle]]);
  const done: SubmitStep[] = [];
  let status = 0;
  for (const step of steps) {
    const command = [...filled(step.command, words), ...(step.takesOptions ? options : [])];
    const ended = await (step.isJob ? attached(command) : captured(command, bundle));
    if (step.isJob && ended.error === undefined) status = ended.status;
    else if (ended.error !== undefined || ended.status !== 0)
      return {
        failed: step,
        why: ended.error ?? `it ended with ${ended.status}`,
        undone: await undo(done, words, bundle),
      };
    if (step.prints !== undefined) {
      // sbatch says "1234" or, of several clusters, "1234;cluster".
      const word = /[^\s;]+/.exec(ended.stdout)?.[0];
      if (word === undefined)
        return { failed: step, why: "it printed nothing", undone: await undo(done, words, bundle) };
      words.set(step.prints, word);
    }
    done.push(step);
  }
  return { words, status };
}

async function undo(done: readonly SubmitStep[], words: Words, bundle: string): Promise<string[][]> {
  const undone: string[][] = [];
  for (const step of [...done].reverse()) {
    if (step.undo === undefined) continue;
    const command = filled(step.undo, words);
    const { status, error } = await captured(command, bundle);
    if (status === 0 && error === undefined) undone.push(command);
  }
  return undone;
}

interface Ended {
  readonly status: number;
  readonly stdout: string;
  /** Why it did not start. */
  readonly error?: string;
}

function captured([program = "", ...args]: readonly string[], cwd: string): Promise<Ended> {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  return new Promise((resolve) => {
    child.on("error", ({ message }: NodeJS.ErrnoException) => resolve({ status: 1, stdout, error: message }));
    child.on("close", (status) => resolve({ status: status ?? 1, stdout }));
  });
}

/** The job in this terminal: signals that come here are for it, and it decides when to end. */
function attached([program = "", ...args]: readonly string[]): Promise<Ended> {
  const child = spawn(program, args, { stdio: "inherit" });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  // A terminal sends its interrupt to both.
  const stay = () => undefined;
  process.on("SIGTERM", pass).on("SIGUSR1", pass).on("SIGHUP", pass).on("SIGINT", stay);
  return new Promise((resolve) => {
    const end = (ended: Ended) => {
      process.off("SIGTERM", pass).off("SIGUSR1", pass).off("SIGHUP", pass).off("SIGINT", stay);
      resolve(ended);
    };
    child.on("error", ({ message }) => end({ status: 1, stdout: "", error: message }));
    child.on("close", (status) => end({ status: status ?? 1, stdout: "" }));
  });
}
