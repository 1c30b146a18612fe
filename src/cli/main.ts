import packageJson from "../../package.json" with { type: "json" };
import { paint } from "../diagnostics/formats/look.ts";
import { suggest } from "../text/suggest.ts";
import { visible } from "../text/visible.ts";
import { readArguments } from "./arguments.ts";
import { commands } from "./commands.ts";
import { exitCode, isUsageError, UsageError } from "./exit-code.ts";
import type { Outside } from "./io.ts";
import { nodeIo } from "./node-io.ts";

/** The command line. Sets the process's exit code and lets it end by itself, so that pipes get everything. */
export async function main(args: readonly string[]): Promise<void> {
  process.exitCode = await run(args, { ...nodeIo(), stacks: async () => (await import("../stacks.ts")).stacks });
}

/** Runs one command and returns its exit code. Never throws. */
export async function run(args: readonly string[], io: Outside): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    return isUsageError(error) ? sayUsage(error, io) : sayBug(error, args, io);
  }
}

async function dispatch(args: readonly string[], io: Outside): Promise<number> {
  const [first, ...rest] = args;
  if (first === "--version" || first === "-v") return print(io, `${packageJson.version}\n`);
  const asksForHelp = first === undefined || first === "help" || first === "--help" || first === "-h";
  const name = asksForHelp ? (first === "help" ? rest[0] : undefined) : first;
  if (name === undefined) {
    const { overview, paintHelp } = await import("./help.ts");
    return print(io, paintHelp(overview, io.stdout.look));
  }
  const load = commands.get(name);
  if (load === undefined) throw unknownCommand(name, io);
  const command = await load();
  const parsed = readArguments(name, asksForHelp ? [] : rest, command);
  if (asksForHelp || parsed.flag("help")) {
    const { paintHelp } = await import("./help.ts");
    return print(io, paintHelp(command.help, io.stdout.look));
  }
  return command.run(parsed, { ...io, stacks: await io.stacks() });
}

function print(io: Outside, text: string): number {
  io.stdout.write(text);
  return exitCode.fine;
}

function unknownCommand(name: string, io: Outside): UsageError {
  if (name.startsWith("-"))
    return new UsageError(`unknown option ${name}`, "options stand after a command; planc --help lists both");
  if (io.host.stat(name).ok) return new UsageError(`${name} is no command`, `to judge a plan: planc check ${name}`);
  const near = suggest(name, commands.keys());
  return new UsageError(
    `unknown command ${name}`,
    near === undefined ? "planc --help lists the commands" : `did you mean ${near}?`,
  );
}

function sayUsage({ message, help }: UsageError, { stderr }: Outside): number {
  stderr.write(`${paint(stderr.look, "error", "error:")} ${visible(message)}\n`);
  const lines = help?.split("\n").map(visible);
  if (lines !== undefined) stderr.write(`${paint(stderr.look, "strong", "help:")} ${lines.join("\n      ")}\n`);
  return exitCode.usage;
}

/** An exception is never the user's mistake. */
function sayBug(error: unknown, args: readonly string[], { stderr, env }: Outside): number {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = env["PLANC_DEBUG"] && error instanceof Error ? `${error.stack?.split("\n").slice(1).join("\n")}\n` : "";
  const hint = stack === "" ? "PLANC_DEBUG=1 shows where it happened\n" : "";
  stderr.write(
    `${paint(stderr.look, "error", "error:")} this is a bug in planc, please report it with the plan\n` +
      `  ${visible(what)}\n${stack}` +
      `  planc ${packageJson.version}, Node ${process.versions.node}, planc ${visible(args.join(" "))}\n${hint}`,
  );
  return exitCode.bug;
}
