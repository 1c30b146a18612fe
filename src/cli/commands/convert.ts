import packageJson from "../../../package.json" with { type: "json" };
import { lockFile, sha256 } from "../../bundle/digests.ts";
import { runtimeFor } from "../../bundle/runtime.ts";
import { writeBundle } from "../../bundle/write.ts";
import { PLN2018, PLN2019 } from "../../check/rules/conversion.ts";
import { emitConvert } from "../../convert/convert.ts";
import { lowerConversion, readerOf } from "../../convert/plan.ts";
import type { ByteProgram } from "../../convert/program.ts";
import { PLN2001, PLN2002, PLN2003 } from "../../diagnostics/catalogue/model.ts";
import { type Diagnostic, hasErrors } from "../../diagnostics/diagnostic.ts";
import type { EmittedFile, Host } from "../../host.ts";
import { storages } from "../../model/storages.ts";
import type { LayoutName } from "../../plan/types.ts";
import { readSource } from "../../source/read.ts";
import { json } from "../../text/json.ts";
import { suggest } from "../../text/suggest.ts";
import { visible } from "../../text/visible.ts";
import type { Arguments, Command } from "../arguments.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import { weightsBeside } from "../inspect/for-converter.ts";

const layouts = ["per_expert", "fused", "gate_up"] as const satisfies readonly LayoutName[];
const shardSize = /^[1-9][0-9]{0,5}(\.[0-9]{1,3})?(KB|MB|GB|TB)$/;

export const convert: Command = {
  options: {
    to: { type: "string", values: layouts },
    from: { type: "string", values: layouts },
    out: { type: "string", short: "o" },
    "max-shard-size": { type: "string" },
  },
  help: `Usage: planc convert CHECKPOINT --to LAYOUT

Writes a converter for one checkpoint: convert.py and what it needs, for a machine that has Python 3.9 and nothing else. It
moves bytes between the layouts in which experts are stored, proves that each is used and written exactly once, and
reads back what it wrote. CHECKPOINT is a config.json, or a folder that has one. The weights need not be here; where they
are, their headers are judged first. A plan with a conversion key gets the same program in its bundle.

Options:
  --to LAYOUT           per_expert (one matrix an expert), fused (three stacks) or gate_up (two stacks)
  -o, --out FOLDER      The converter's folder (default: convert-to-LAYOUT)

Advanced options:
  --from LAYOUT         How the checkpoint is stored (default: as the family is published)
  --max-shard-size SIZE The largest file to write (default: 5GB)

Exit codes: 0 written, 1 it cannot be converted, or the folder cannot be written, 2 the config.json cannot be read

Examples:
  planc convert /data/Qwen3-30B-A3B --to fused
  python3 convert-to-fused/convert.py --source /data/Qwen3-30B-A3B --output /data/qwen3-fused
`,
  async run(args, io) {
    const [checkpoint, ...others] = args.positionals;
    const to = args.text("to") as LayoutName | undefined;
    if (checkpoint === undefined || others.length > 0 || to === undefined) {
      throw new UsageError("planc convert takes one checkpoint and --to", "planc convert CHECKPOINT --to gate_up");
    }
    const size = sizeNamed(args);
    const file = configIn(io.host, checkpoint);
    const { program, diagnostics, text } = programFor(io.host, file, args.text("from") as LayoutName | undefined, to);
    const found: Diagnostic[] = [...diagnostics];
    const folder = args.text("out") ?? `convert-to-${to}`;
    if (program !== undefined) {
      const emitted = emitConvert(program, size);
      const converter = [emitted, ...runtimeFor([emitted], [])];
      const written = writeBundle(io.host, folder, [...converter, lockOf(program, converter)]);
      found.push(...written.diagnostics);
    }
    const judged = [{ file, diagnostics: found, sources: new Map(text === undefined ? [] : [[file, text]]) }];
    await printFindings(judged, "pretty", io);
    if (program === undefined || hasErrors(found)) return exitCodeOf(judged);
    const command = `python3 ${folder}/convert.py --source FOLDER --output FOLDER`;
    io.stdout.write(
      `${visible(folder)}: converts ${program.model_type} from ${program.from} to ${to}\n  ${visible(command)}\n`,
    );
    return exitCode.fine;
  },
};

function sizeNamed(args: Arguments): { max_shard_size?: string } {
  const size = args.text("max-shard-size");
  if (size === undefined) return {};
  if (!shardSize.test(size))
    throw new UsageError(`--max-shard-size takes a size such as 5GB, not ${JSON.stringify(size)}`);
  return { max_shard_size: size };
}

function configIn(host: Host, checkpoint: string): string {
  const stat = host.stat(checkpoint);
  return stat.ok && stat.kind === "folder" ? `${checkpoint.replace(/\/+$/, "")}/config.json` : checkpoint;
}

interface Lowered {
  readonly program?: ByteProgram;
  readonly diagnostics: readonly Diagnostic[];
  /** Of the config.json, for messages. */
  readonly text?: string;
}

function programFor(host: Host, file: string, from: LayoutName | undefined, to: LayoutName): Lowered {
  const { value: source, diagnostics } = readSource(host, file, "json");
  if (source === undefined) return { diagnostics };
  const { text } = source;
  const refused = (...reasons: readonly Diagnostic[]) => ({ diagnostics: [...diagnostics, ...reasons], text });
  if (typeof source.value !== "object" || source.value === null || Array.isArray(source.value)) {
    return refused(PLN2001(source.at([]), { file }));
  }
  const type = (source.value as Readonly<Record<string, unknown>>)["model_type"];
  const storage = storages.get(String(type));
  if (storage === undefined) {
    if (type === undefined) return refused(PLN2002(source.at([]), {}));
    const model_type = String(type);
    const near = suggest(model_type, storages.keys());
    const place = source.at(["model_type"]);
    if (near !== undefined) return refused(PLN2003(place, { model_type, near }, { variant: "near" }));
    return refused(PLN2003(place, { model_type }, { variant: "storage" }));
  }
  const stored = from ?? storage.published;
  const { model_type } = storage;
  if (stored === to) return refused(PLN2019(source.at(["model_type"]), { model_type, to }));
  const reader = readerOf(source, model_type);
  const planned = lowerConversion(storage, reader, stored, to);
  const problems = reader.problems();
  if (problems.length > 0) return refused(...problems);
  const seen = weightsBeside(host, file, stored);
  if (hasErrors(seen)) return refused(...seen);
  if ("why" in planned) {
    const values = { model_type, from: stored, to, why: planned.why };
    return refused(PLN2018(source.at(["model_type"]), values));
  }
  return { program: planned.program, diagnostics: [...diagnostics, ...seen], text };
}

/** By which planc knows its own files again. */
function lockOf({ model_type, from, to }: ByteProgram, files: readonly EmittedFile[]): EmittedFile {
  const digests = Object.fromEntries(files.map(({ path, content }) => [path, sha256(content)]));
  const lock = { version: 1, planc: packageJson.version, conversion: { model_type, from, to }, files: digests };
  return { path: lockFile, content: `${json(lock)}\n` };
}
