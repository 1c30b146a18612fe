/**
 * Tries with an installed release which values of config.json its models do not live with although their classes take
 * them, and writes what it found: src/engines/transformers/releases/MINOR/tried.json. `try_configs.py` changes every key.
 *
 *     PYTHON=.venv/bin/python npx tsx scripts/try_configs.ts
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import configs from "../src/engines/transformers/releases/5.24/configs.json" with { type: "json" };
import { compareVersions } from "../src/text/version.ts";
import { configToys } from "../test/engines/transformers/config-toys.ts";
import { root } from "./root.ts";

interface Found {
  readonly class: string;
  readonly key: string;
  readonly change: string;
  readonly stage: string;
  readonly error: string;
}

interface Output {
  readonly transformers: string;
  readonly untried: Readonly<Record<string, string>>;
  readonly found: readonly Found[];
}

/** Of all changes those that say what a key must be. */
const layerTypes = [...configs.layer_types, ...configs.old_layer_types];
const changes = ["0", "-1", "1", "null", "a fraction", ...layerTypes.map((word) => `${word} each`)];
const options = {
  input: JSON.stringify({ configs: configToys, changes }),
  encoding: "utf8",
  maxBuffer: 2 ** 30,
} as const;
const run = spawnSync(process.env["PYTHON"] ?? "python3", [`${root}scripts/try_configs.py`], {
  ...options,
  stdio: ["pipe", "pipe", "inherit"],
});
if (run.status !== 0) process.exit(1);
const { transformers, untried, found }: Output = JSON.parse(run.stdout);
for (const [name, why] of Object.entries(untried)) console.log(`${name} is not tried: ${why}`);

// Class → key → change → whether a model of that class lives with it.
const classes = new Map<string, Map<string, Map<string, boolean>>>();
for (const { class: name, key: path, change, stage, error } of found) {
  const key = path.split(".").at(-1) ?? path;
  const keys = classes.get(name) ?? new Map<string, Map<string, boolean>>();
  const changes = keys.get(key) ?? new Map<string, boolean>();
  // What the class itself refuses for its type it says itself.
  const isItsType = error.startsWith("StrictDataclassFieldValidationError");
  if (!isItsType) changes.set(change, (changes.get(change) ?? false) || stage === "fine" || stage === "large");
  classes.set(name, keys.set(key, changes));
}

const folderOf = (version: string) => `${root}src/engines/transformers/releases/${version}`;
const before = earlier();
const rows = [...classes]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, keys]) => [name, triedOf(keys)] as const)
  .filter(([name, tried]) => JSON.stringify(tried) !== JSON.stringify(before[name] ?? {}))
  .map(([name, tried]) => `  ${JSON.stringify(name)}: ${JSON.stringify(tried)}`);
writeFileSync(
  `${folderOf(minorOf(transformers))}/tried.json`,
  rows.length === 0 ? "{}\n" : `{\n${rows.join(",\n")}\n}\n`,
);

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** What the releases before this one say: a row that is the same is theirs. */
function earlier(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const minors = readdirSync(folderOf("")).filter((name) => existsSync(`${folderOf(name)}/tried.json`));
  const older = minors.filter((minor) => compareVersions(minor, minorOf(transformers)) < 0).sort(compareVersions);
  return Object.assign({}, ...older.map((minor) => JSON.parse(readFileSync(`${folderOf(minor)}/tried.json`, "utf8"))));
}

function triedOf(keys: ReadonlyMap<string, ReadonlyMap<string, boolean>>): Readonly<Record<string, string>> {
  const fails = (key: string, change: string) => keys.get(key)?.get(change) === false;
  const those = (test: (key: string) => boolean) => [...keys.keys()].filter(test).sort().join(" ");
  // The base of positions is judged with their kind; a window with the list that says which layers have one.
  const isRelated = (key: string) => /^rope/.test(key) || (key === "sliding_window" && keys.has("layer_types"));
  const isNumber = (key: string) => !key.endsWith("_token_id") && !isRelated(key);
  const layers = [...(keys.get("layer_types") ?? [])].filter(([change]) => change.endsWith(" each"));
  const words = layers.filter(([, lives]) => lives).map(([change]) => change.replace(/ each$/, ""));
  const tried = {
    positive: those((key) => isNumber(key) && fails(key, "0") && fails(key, "-1")),
    not_negative: those((key) => isNumber(key) && !fails(key, "0") && fails(key, "-1")),
    not_null: those((key) => fails(key, "null") && key !== "return_dict" && !isRelated(key)),
    pairs: those((key) => /^(qk_rope_)?head_dim$/.test(key) && fails(key, "1")),
    layer_types: words.join(" "),
    rope: fails("rope_theta", "0") && keys.get("rope_theta")?.get("a fraction") === true ? "yarn" : "",
  };
  return Object.fromEntries(Object.entries(tried).filter(([, names]) => names !== ""));
}
