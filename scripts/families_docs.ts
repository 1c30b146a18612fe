/**
 * Writes `docs/families.md` from the families' records: what planc knows.
 *
 *     npx tsx scripts/families_docs.ts
 */
import { families } from "../src/model/families.ts";
import { operationsOf } from "../src/model/operations.ts";
import { write } from "./write.ts";

const rows = families.keys().flatMap((model_type) => {
  const family = families.get(model_type);
  if (family === undefined) return [];
  const inside = family.language.length > 0 ? `\`${family.text_type}\` at \`${family.language.join(".")}\`` : "";
  const built = family.architecture === undefined ? "only inside another" : `\`${family.architecture}\``;
  const layouts = Object.keys(family.layouts).map((layout) => (layout === family.published ? `**${layout}**` : layout));
  const peak = operationsOf(family.text_type) === undefined ? "" : "foreseen";
  return [`| \`${model_type}\` | ${built} | ${inside} | ${layouts.join(", ")} | ${peak} |`];
});

const text = `<!-- Written by scripts/families_docs.ts from src/model/families/*.json; do not edit. -->

# Families

The ${rows.length} model types whose config.json planc reads, and whose checkpoints it inspects and converts. Each record holds what
transformers builds: every tensor with its shape as a formula over the config's keys, read by \`scripts/extract_families.py\` and
compared with the models themselves. What a release breaks, on which meshes, is in [known-issues.md](known-issues.md): a plan
that meets it is refused there and nowhere else. The layout in bold is the published one. Of those in
the last column planc also knows what a step [allocates](memory.md).

| model_type | class | language model | layouts | peak |
|---|---|---|---|---|
${rows.join("\n")}
`;
write("docs/families.md", text);
