/** What an editor shows on a plan: the real YAML language server over the repository's own settings and modeline. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/root.ts";
import { LanguageServer, workspaceSettings } from "./language-server.ts";

const plans = readdirSync(`${root}plans`).filter((name) => name.endsWith(".yaml"));
const reference = readFileSync(`${root}plans/qwen3-ep8.yaml`, "utf8");
const withoutModeline = reference.replace(/^#.*\n/, "");

let server: LanguageServer;
beforeAll(async () => {
  server = await LanguageServer.start(workspaceSettings());
});
afterAll(() => server.stop());

/** The line of a text that starts with these words, from zero. */
function lineOf(text: string, start: string): number {
  const line = text.split("\n").findIndex((candidate) => candidate.trimStart().startsWith(start));
  if (line === -1) throw new Error(`no line starts with ${start}`);
  return line;
}

/** What the server says about the reference plan with one piece of text replaced: line from zero, and message. */
async function about(name: string, from: string, to: string) {
  expect(reference).toContain(from);
  const { diagnostics } = await server.open(`plans/${name}.yaml`, reference.replace(from, to));
  return diagnostics.map(({ range, message }) => [range.start.line, message] as const);
}

describe("validation", () => {
  it.each(plans)("finds nothing in plans/%s", async (name) => {
    const { diagnostics } = await server.open(`plans/${name}`, readFileSync(`${root}plans/${name}`, "utf8"));
    expect(diagnostics).toEqual([]);
  });

  it("needs no modeline in plans/, and finds the schema through it elsewhere", async () => {
    const broken = withoutModeline.replace("nodes: 1", "nodes: 0");
    expect((await server.open("plans/bare.yaml", broken)).diagnostics).toHaveLength(1);
    const elsewhere = `# yaml-language-server: $schema=../../schema/plan.schema.json\n${broken}`;
    expect((await server.open("test/editor/elsewhere.yaml", elsewhere)).diagnostics).toHaveLength(1);
    expect((await server.open("test/editor/unknown.yaml", broken)).diagnostics).toEqual([]);
  });

  it.each([
    ["unknown key", "  ep_size: 8", "  ep_sise: 8", "ep_sise", "Property ep_sise is not allowed"],
    ["mistyped value", "nodes: 1", "nodes: one", "nodes", "Incorrect type"],
    ["unknown word", "ep_implementation: planc", "ep_implementation: all2all", "ep_implementation", "not accepted"],
    [
      "unknown trainer option",
      "packing_strategy",
      "packing_strategie",
      "packing_strategie",
      "packing_strategie is not allowed",
    ],
    ["mistyped trainer option", "learning_rate: 2.0e-5", "learning_rate: fast", "learning_rate", "Incorrect type"],
    ["trainer option that planc sets", "max_steps: 100", "bf16: true", "bf16", "set by planc"],
    ["number out of range", "  fsdp_size: 8", "  fsdp_size: 0", "fsdp_size", "below the minimum"],
  ])("flags an %s on its line", async (kind, from, to, start, message) => {
    const found = await about(kind.replaceAll(" ", "-"), from, to);
    expect(found).toHaveLength(1);
    expect(found[0]?.[0]).toBe(lineOf(reference.replace(from, to), start));
    expect(found[0]?.[1]).toContain(message);
  });
});

describe("hover", () => {
  it("shows what a key means, its default and an example", async () => {
    const { uri } = await server.open("plans/hover.yaml", reference);
    const shown = await server.hover(uri, lineOf(reference, "ep_size"), 4);
    expect(shown).toContain("Number of ranks that own distinct experts");
    expect(shown).toContain("Example:");
  });

  it("shows the type and default of a trainer option", async () => {
    const { uri } = await server.open("plans/hover-option.yaml", reference);
    const shown = await server.hover(uri, lineOf(reference, "learning_rate"), 4);
    expect(shown).toContain("SFTConfig option of TRL 1.16.0");
    expect(shown).toContain("0.00002");
  });

  it("shows what the words of a key mean", async () => {
    const { uri } = await server.open("plans/hover-word.yaml", reference);
    expect(await server.hover(uri, lineOf(reference, "layout"), 4)).toContain("one matrix per expert");
  });
});

describe("completion", () => {
  it("offers the keys of a section", async () => {
    const text = reference.replace("  ep_size: 8\n  fsdp_size: 8\n", "  ep_size: 8\n  \n");
    const { uri } = await server.open("plans/complete.yaml", text);
    const offered = await server.complete(uri, lineOf(text, "ep_size") + 1, 2);
    expect(offered).toEqual(expect.arrayContaining(["fsdp_size", "tp_size", "dp_replicate_size", "pp_size"]));
    expect(offered).not.toContain("ep_size");
  });

  it("offers the trainer's options, and none that planc sets", async () => {
    const text = reference.replace("  packing: true\n", "  \n");
    const { uri } = await server.open("plans/complete-option.yaml", text);
    const offered = await server.complete(uri, lineOf(text, "max_length") + 1, 2);
    expect(offered).toEqual(
      expect.arrayContaining(["packing", "optim", "lr_scheduler_type", "gradient_accumulation_steps"]),
    );
    expect(offered.filter((label) => ["bf16", "fsdp", "deepspeed", "model_init_kwargs"].includes(label))).toEqual([]);
  });

  it("offers the words of a value", async () => {
    const text = reference.replace("ep_implementation: planc", "ep_implementation: ");
    const { uri } = await server.open("plans/complete-word.yaml", text);
    const line = lineOf(text, "ep_implementation");
    expect(await server.complete(uri, line, text.split("\n")[line]?.length ?? 0)).toEqual(
      expect.arrayContaining(["planc", "all_to_all", "all_reduce", "auto"]),
    );
  });

  it("offers the schedulers, and the options of the one that is named and of no other", async () => {
    const text = reference.replace("scheduler: { kind: local }", "scheduler:\n    kind: slurm\n    ");
    const { uri, diagnostics } = await server.open("plans/complete-scheduler.yaml", text);
    expect(diagnostics).toEqual([]);
    const line = lineOf(text, "kind: slurm");
    const offered = await server.complete(uri, line + 1, 4);
    expect(offered).toEqual(expect.arrayContaining(["partition", "account", "time", "signal", "cpus-per-task"]));
    expect(offered.filter((label) => ["image", "runtimeRef", "use_spot"].includes(label))).toEqual([]);
    const bare = reference.replace("scheduler: { kind: local }", "scheduler:\n    kind: ");
    const kinds = await server.open("plans/complete-kind.yaml", bare);
    expect(await server.complete(kinds.uri, lineOf(bare, "kind:"), 10)).toEqual(
      expect.arrayContaining(["local", "slurm", "kubernetes", "trainjob", "skypilot"]),
    );
    const wrong = await server.open(
      "plans/wrong-scheduler.yaml",
      text.replace("kind: slurm\n", "kind: slurm\n    image: x\n"),
    );
    expect(wrong.diagnostics).toEqual([expect.objectContaining({ message: expect.stringContaining("image") })]);
  });
});
