import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { namedFor } from "../../../../src/engines/transformers/adapters/groups.ts";
import { meaningsOf } from "../../../../src/engines/transformers/adapters/meanings.ts";
import { groupOf, partGroups, partsOf } from "../../../../src/engines/transformers/adapters/parts.ts";
import { adapterOf } from "../../../../src/engines/transformers/adapters/resolve.ts";
import { families } from "../../../../src/model/families.ts";
import { readModel } from "../../../../src/model/read.ts";
import { readPlan } from "../../../../src/plan/read.ts";
import type { LoraSection } from "../../../../src/plan/types.ts";
import { type Adapter, storedShapes } from "../../../../src/stack/adapter.ts";
import { transformersRelease } from "../../../compiler.ts";
import { memoryHost } from "../../../host.ts";
import { plan } from "../../../plans.ts";
import { pythons } from "../../../python.ts";

const script = fileURLToPath(new URL("../../../python/adapters_oracle.py", import.meta.url));

/** What transformers builds under another name, or not on both releases. */
const unread: ReadonlySet<string> = new Set(["diffusion_gemma", "inkling2_loop", "inkling2_loop_text"]);

/** What 5.23 builds of other modules. */
const newer: ReadonlySet<string> = new Set(["inkling2", "inkling2_text"]);

/** What plans may ask for, beside a section for each group that a family has. */
const sections: readonly LoraSection[] = [
  {},
  { targets: ["all"], r: 3, use_rslora: true },
  { targets: ["experts"], rank_pattern: { down_proj: 5 }, alpha_pattern: { ".*gate_up_proj": 6 } },
  { target_modules: ["gate_proj", "up_proj", "down_proj"], r: 3 },
  { target_modules: ["q_proj", "self_attn.v_proj", "model.layers.1.self_attn.o_proj"], rank_pattern: { q_proj: 5 } },
  { target_modules: ["q_proj", "o_proj"], layers_to_transform: [1, 2] },
  { target_modules: ["q_proj", "o_proj"], layers_to_transform: 1, layers_pattern: "layers" },
  { target_modules: ["q_proj", "o_proj"], exclude_modules: ["layers.1.self_attn.q_proj"] },
  { target_modules: ".*\\.self_attn\\.(q|v|o)_proj", target_parameters: ["experts.down_proj"] },
  { target_modules: "all-linear" },
  { target_modules: ".*\\.layers\\.1\\..*\\.(gate|up|down)_proj" },
];

interface Asked {
  readonly label: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly adapters: readonly Adapter[];
}

/** A family at toy size, with every section that finds something in it. */
function ask(type: string, version: string): Asked | undefined {
  const release = transformersRelease(version);
  const family = families.get(type);
  if (family?.architecture === undefined || unread.has(type)) return undefined;
  if (version === "5.23.0" && newer.has(type)) return undefined;
  const config = { model_type: type, architectures: [family.architecture], ...family.toy };
  const adapters = (lora: LoraSection): Adapter[] => {
    const host = memoryHost({ "plan.yaml": JSON.stringify(plan({ lora })), "config.json": JSON.stringify(config) });
    const { value } = readPlan(host, "plan.yaml");
    const model = value && readModel(host, value, release).value;
    if (value?.lora === undefined || model === undefined) return [];
    const parts = partsOf(model, release.peft);
    const has = partGroups.filter((group) => parts.some((part) => groupOf(part) === group));
    const asked = lora.targets?.filter((group) => group !== "all" && !has.includes(group)) ?? [];
    const isTaken = has.some(
      (group) =>
        lora.targets?.includes(group) &&
        namedFor(model, release.peft, parts, group).taken.length > 0 &&
        group !== "attention",
    );
    if (asked.length > 0 || isTaken) return [];
    const meanings = meaningsOf(model, release.peft, value.lora);
    // Rules refuse what means something that cannot have adapters.
    if (!meanings.every(({ parts: meant }) => meant.every(({ what }) => what === "linear" || what === "experts")))
      return [];
    const made = adapterOf(model, release.peft, value.lora);
    return made.pairs.length > 0 ? [made] : [];
  };
  const all = [...sections, ...partGroups.map((group): LoraSection => ({ targets: [group] }))].flatMap(adapters);
  return all.length === 0 ? undefined : { label: type, config, adapters: all };
}

function table({ pairs }: Adapter): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    pairs.flatMap((pair) =>
      (pair.layers ?? [0]).flatMap((layer) =>
        Object.entries(storedShapes(pair)).map(([matrix, shape]) => [
          `${pair.name.replace("{layer}", String(layer))}.${matrix}.weight`,
          shape,
        ]),
      ),
    ),
  );
}

/** PEFT itself, on the meta device: what gets adapters, by which names and of which rank, is what it makes of the arguments. */
describe.each(pythons)("adapters against PEFT on transformers %s", (version, python) => {
  // The release before builds most families alike: of it a few will do.
  const isNewest = version === pythons.at(-1)?.[0];
  const types = [...families.keys()].filter((_, index) => isNewest || index % 8 === 0);
  const asked = types.flatMap((type) => ask(type, version) ?? []);
  let made: readonly (readonly (string | Readonly<Record<string, readonly number[]>>)[])[];
  beforeAll(() => {
    const input = JSON.stringify(asked.map(({ config, adapters }) => [config, adapters.map((each) => each.config)]));
    made = JSON.parse(execFileSync(python, [script], { input, encoding: "utf8", maxBuffer: 2 ** 28 }));
  });

  it.each(asked.map(({ label }, index) => [label, index] as const))("%s", (_, index) => {
    const { adapters = [] } = asked[index] ?? {};
    expect(adapters.length).toBeGreaterThan(1);
    expect(adapters.map(table)).toEqual(made[index]);
  });
});
