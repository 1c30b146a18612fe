/**
 * `npm run bench [rounds]`: what planc costs, against what Node costs on the same machine in the same minute.
 * Medians over interleaved rounds; exits 1 when a target is missed.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Case, interleave, median } from "./bench/measure.ts";
import { manyKeys, manyPlans, targets } from "./bench/targets.ts";
import { root } from "./root.ts";

const rounds = Number(process.argv[2] ?? 21);
const example = `${root}plans/qwen3-ep8.yaml`;
const large = `${root}test/fixtures/plans/deepseek-1t-4096.yaml`;
const planc = `${root}bin/planc.js`;

mkdirSync(`${root}.cache`, { recursive: true });
const folder = mkdtempSync(`${root}.cache/bench-`);
const clean = () => rmSync(`${folder}/out`, { recursive: true, force: true });

const cases: readonly Case[] = [
  { name: "node", args: ["-e", "0"] },
  { name: "check", args: [planc, "check", example] },
  { name: "compile", args: [planc, "compile", example, "--out", `${folder}/out`], prepare: clean },
  { name: "compile 1T", args: [planc, "compile", large, "--out", `${folder}/out`], prepare: clean },
  { name: "check many", args: [planc, "check", ...writeManyPlans()] },
  { name: "keys", args: [planc, "check", writeKeys(manyKeys)], status: 1 },
  { name: "many keys", args: [planc, "check", writeKeys(10 * manyKeys)], status: 1 },
];

try {
  const times = interleave(cases, rounds);
  console.log(`Node ${process.versions.node}, ${rounds} rounds, medians\n`);
  for (const { name } of cases)
    console.log(
      `${name.padEnd(12)} ${median((times.get(name) ?? []).map(({ clock }) => clock))
        .toFixed(1)
        .padStart(8)} ms`,
    );
  console.log();
  for (const { what, unit, most, value } of targets) {
    const measured = value(times);
    const met = measured <= most;
    console.log(
      `${met ? "ok  " : "MISS"} ${what.padEnd(62)} ${measured.toFixed(2).padStart(8)} ${unit} (at most ${most})`,
    );
    if (!met) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** The example under other names and sizes, beside one model. */
function writeManyPlans(): string[] {
  cpSync(`${root}plans/models`, `${folder}/models`, { recursive: true });
  const text = readFileSync(example, "utf8");
  return Array.from({ length: manyPlans }, (_, index) => {
    const file = `${folder}/plan-${index}.yaml`;
    const lr = `${(index + 1) / 10}e-5`;
    writeFileSync(
      file,
      text.replaceAll("qwen3-ep8", `plan-${index}`).replace("learning_rate: 2.0e-5", `learning_rate: ${lr}`),
    );
    return file;
  });
}

/** The example with so many keys that planc does not know. */
function writeKeys(count: number): string {
  const file = `${folder}/keys-${count}.yaml`;
  const keys = Array.from({ length: count }, (_, index) => `key_${index}: ${index}\n`);
  writeFileSync(file, readFileSync(example, "utf8") + keys.join(""));
  return file;
}
