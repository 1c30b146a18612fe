import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { python } from "../python.ts";

/** A Python program that answers one line of JSON with another, and stays for the next: starting it costs most. */
export class Conversation {
  private readonly process;
  private buffer = "";
  private errors = "";
  private ended: Error | undefined;
  private answer: ((line: string) => void) | undefined;
  private fail: ((error: Error) => void) | undefined;

  /** `program`: a file of this folder. */
  constructor(program: string, options: { readonly env?: NodeJS.ProcessEnv } = {}) {
    const file = fileURLToPath(new URL(program, import.meta.url));
    this.process = spawn(python, [file], { env: options.env ?? process.env });
    this.process.stderr.on("data", (data) => (this.errors += data));
    this.process.stdout.on("data", (data) => {
      this.buffer += data;
      const end = this.buffer.indexOf("\n");
      if (end === -1) return;
      const line = this.buffer.slice(0, end);
      this.buffer = this.buffer.slice(end + 1);
      this.answer?.(line);
    });
    this.process.stdin.on("error", () => {});
    this.process.on("close", () => {
      this.ended = new Error(`${program} ended: ${this.errors}`);
      this.fail?.(this.ended);
    });
  }

  ask(question: unknown): Promise<unknown> {
    return new Promise((answer, fail) => {
      if (this.ended !== undefined) fail(this.ended);
      this.answer = (line) => answer(JSON.parse(line));
      this.fail = fail;
      this.process.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  end(): void {
    this.fail = undefined;
    this.process.stdin.end();
  }
}
