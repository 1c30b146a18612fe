import type { Command } from "./arguments.ts";

/** Every command is a chunk of its own, read when it is called. */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["bench", async () => (await import("./commands/bench.ts")).bench],
  ["check", async () => (await import("./commands/check.ts")).check],
  ["compile", async () => (await import("./commands/compile.ts")).compile],
  ["convert", async () => (await import("./commands/convert.ts")).convert],
  ["data", async () => (await import("./commands/data.ts")).data],
  ["doctor", async () => (await import("./commands/doctor.ts")).doctor],
  ["explain", async () => (await import("./commands/explain.ts")).explain],
  ["fit", async () => (await import("./commands/fit.ts")).fit],
  ["graph", async () => (await import("./commands/graph.ts")).graph],
  ["init", async () => (await import("./commands/init.ts")).init],
  ["inspect", async () => (await import("./commands/inspect.ts")).inspect],
  ["issues", async () => (await import("./commands/issues.ts")).issues],
  ["launch", async () => (await import("./commands/launch.ts")).launch],
  ["rehearse", async () => (await import("./commands/rehearse.ts")).rehearse],
  ["report", async () => (await import("./commands/report.ts")).report],
  ["schema", async () => (await import("./commands/schema.ts")).schema],
]);
