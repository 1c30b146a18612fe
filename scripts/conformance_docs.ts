/**
 * Writes `docs/conformance.md`: what became of every family in a rehearsal, from what `rehearse_families.ts` recorded.
 *
 *     npx tsx scripts/conformance_docs.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { meshes, type Rehearsed, type Row } from "./rehearsed/record.ts";
import { root } from "./root.ts";
import { write } from "./write.ts";

const records = readdirSync(`${root}scripts/rehearsed`)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .reverse()
  .map((file): Rehearsed => JSON.parse(readFileSync(`${root}scripts/rehearsed/${file}`, "utf8")));

/** What was found about a difference, by published model. */
const notes: Readonly<Record<string, string>> = {
  "LFM2.5-8B-A1B":
    "one token of the second step stands between two experts, and rounding decides: the first step's gradients agree to 8e-7, the second's differ in these two experts alone",
};

const text = `<!-- Written by scripts/conformance_docs.ts from scripts/rehearsed/*.json; do not edit. -->

# Which families train

Every family's toy, and every published model whose config.json is in \`test/fixtures/configs\`, rehearsed as \`planc rehearse\`
does: the bundle's own \`train.py\` on CPU processes with the pinned stack, against one process that takes the same batches
([rehearsal.md](rehearsal.md)). A number is the largest difference of a gradient in the first step, of its norm; where there is one, losses,
gradients of both steps, parameters and the saved model agree within the limits of that page. A word is what planc refuses
the plan for: a [known issue](known-issues.md), or a code.

${records.map(sectionOf).join("\n")}`;
write("docs/conformance.md", text);

function sectionOf({ date, transformers, rows }: Rehearsed): string {
  const toys = rows.filter(({ published }) => published === undefined);
  const types = [...new Set(toys.map(({ model_type }) => model_type))];
  const models = rows.filter(({ published }) => published !== undefined);
  const count = (test: (row: Row) => boolean) => rows.filter(test).length;
  const agreeing = count(({ agrees }) => agrees !== undefined);
  const refused = count((row) => row.refused !== undefined);
  return `## transformers ${transformers}

\`npx tsx scripts/rehearse_families.ts ${transformers}\`, ${date}: ${rows.length} rehearsals, ${agreeing} agree, ${refused} are refused by planc,
${rows.length - agreeing - refused} do neither. Families with a star have no auxiliary loss of the router, which the trainer cannot compute for them: planc asks for
\`router_aux_loss_coef: 0.0\`.

| toy of | ${meshes.map(({ fsdp_size, ep_size }) => `fsdp_size ${fsdp_size}, ep_size ${ep_size}`).join(" | ")} |
|---|${meshes.map(() => "---|").join("")}
${types.map((type) => toyRow(toys.filter(({ model_type }) => model_type === type))).join("\n")}

| published model | family | folded from fsdp_size ${models[0]?.mesh.fsdp_size}, ep_size ${models[0]?.mesh.ep_size} |
|---|---|---|
${models.map((row) => `| ${row.published} | ${nameOf(row)} | ${cellOf(row)}${noteOn(row)} |`).join("\n")}
`;
}

/** The rows of one family's toy, in the order of the meshes. */
function toyRow(rows: readonly Row[]): string {
  const on = ({ fsdp_size, ep_size }: Row["mesh"]) =>
    rows.find(({ mesh }) => mesh.fsdp_size === fsdp_size && mesh.ep_size === ep_size);
  return `| ${rows[0] === undefined ? "" : nameOf(rows[0])} | ${meshes.map((mesh) => cellOf(on(mesh))).join(" | ")} |`;
}

function nameOf({ model_type, without_router_loss }: Row): string {
  return `\`${model_type}\`${without_router_loss ? " *" : ""}`;
}

function noteOn({ published = "", differs }: Row): string {
  const note = differs === undefined ? undefined : notes[published];
  return note === undefined ? "" : `: ${note}`;
}

function cellOf(row: Row | undefined): string {
  if (row === undefined) return "";
  if (row.agrees !== undefined) return row.agrees.toExponential(1);
  if (row.refused !== undefined) return Object.keys(row.refused).join(", ");
  return `**${row.differs === undefined ? "stops" : "differs"}**: ${(row.differs ?? row.stops ?? "").replaceAll("|", "\\|")}`;
}
