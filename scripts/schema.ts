/**
 * Generates what follows from the plan language's types (`src/plan/types.ts`) and the trainer's options:
 * `schema/plan.schema.json` and `docs/plan-reference.md`, which are in git, and `src/generated/validate-plan.js`.
 *
 *     npx tsx scripts/schema.ts            writes them
 *     npx tsx scripts/schema.ts --check    exits 3 when a file in git is stale; writes nothing
 */
import { root } from "./root.ts";
import { planSchema } from "./schema/json-schema.ts";
import { readLanguage } from "./schema/language.ts";
import { planReference } from "./schema/reference.ts";
import { validatorModule, validatorTypes } from "./schema/validator.ts";
import { isWritten, write } from "./write.ts";

const language = readLanguage(`${root}src/plan/types.ts`);
const schema = planSchema(language);

const inGit: readonly (readonly [string, string])[] = [
  ["schema/plan.schema.json", `${JSON.stringify(schema, null, 2)}\n`],
  ["docs/plan-reference.md", planReference(language)],
];

if (process.argv.includes("--check")) {
  const stale = inGit.filter(([file, text]) => !isWritten(file, text)).map(([file]) => file);
  for (const file of stale) console.error(`error: ${file} is stale; run npx tsx scripts/schema.ts`);
  process.exitCode = stale.length === 0 ? 0 : 3;
} else {
  const built: readonly (readonly [string, string])[] = [
    ["src/generated/validate-plan.js", await validatorModule(schema)],
    ["src/generated/validate-plan.d.ts", validatorTypes],
  ];
  for (const [file, text] of [...inGit, ...built]) write(file, text);
}
