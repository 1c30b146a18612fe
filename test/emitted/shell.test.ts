import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorsOf } from "../plans.ts";
import { draws } from "../sample.ts";
import { bundleOf, hostilePlan, text, textOf } from "./hostile-plans.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/planc-launch-`);
  // Stands in for Python: notes what it was called with, and what it finds in its environment.
  writeFileSync(
    `${root}/python`,
    '#!/bin/sh\n{ printf "%s\\0" "$#" "$@"; env -0; printf "\\0"; } >> "${0%/*}/calls"\n',
  );
  chmodSync(`${root}/python`, 0o755);
});
afterEach(() => rmSync(root, { recursive: true }));

/** What the stand-in's own shell sets anew before it can note it. */
const lost = new Set(["IFS", "PWD"]);

interface Call {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a launch.sh in a folder of its own; what Python was called with. */
function launch(script: string, folder: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Call[] {
  mkdirSync(`${root}/${folder}`, { recursive: true });
  const file = `${root}/${folder}/launch.sh`;
  writeFileSync(file, script);
  rmSync(`${root}/calls`, { force: true });
  expect(spawnSync("bash", ["-n", file], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  const result = spawnSync("bash", [file, ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], PYTHON: `${root}/python`, HOME: root, ...env },
    encoding: "utf8",
  });
  expect([result.status, result.stderr]).toEqual([0, ""]);
  return callsIn(readFileSync(`${root}/calls`, "utf8"));
}

function callsIn(noted: string): Call[] {
  const words = noted.split("\0");
  const calls: Call[] = [];
  while (words.length > 1) {
    const args = words.splice(0, Number(words.shift()));
    const variables = words.splice(0, words.indexOf(""));
    words.shift();
    calls.push({ args, env: Object.fromEntries(variables.map((line) => line.split(/=(.*)/s).slice(0, 2))) });
  }
  return calls;
}

/** Names of folders and files. */
const name = textOf(60)
  .map((value) => value.replaceAll(/[/:]/g, "-"))
  .filter((value) => !["", ".", ".."].includes(value) && Buffer.byteLength(value) < 200);

test("the job gets every variable and every argument as it is written, wherever the bundle lies", async () => {
  await fc.assert(
    fc.asyncProperty(hostilePlan, name, name, fc.array(text, { maxLength: 4 }), async (changes, folder, file, args) => {
      const cluster = changes["cluster"] as { readonly env: Readonly<Record<string, unknown>> };
      const script = `${root}/scripts-${file}`;
      writeFileSync(script, 'activated="$ACTIVATED_BEFORE$1"\nexport ACTIVATED="yes${activated}"\n');
      const bundle = await bundleOf({ ...changes, cluster: { ...cluster, activate: script } });
      const calls = launch(bundle.get("launch.sh") ?? "", folder, args);
      rmSync(script);
      const own = `${root}/${folder}`;
      expect(calls.map((call) => call.args)).toEqual([
        ["-m", "planc_runtime.preflight", `${own}/plan.lock.json`, ...args],
        ["-m", "planc_runtime.preflight.links", `${own}/plan.lock.json`, ...args],
        expect.arrayContaining(["planc_runtime.launch", "--nproc-per-node", "8", `${own}/train.py`]),
      ]);
      expect(calls[2]?.args.slice(-args.length - 1)).toEqual([`${own}/train.py`, ...args]);
      for (const { env } of calls) {
        const { PYTHONPATH, ...written } = cluster.env;
        for (const [variable, value] of Object.entries(written)) {
          if (lost.has(variable)) continue;
          expect([variable, Object.getOwnPropertyDescriptor(env, variable)?.value]).toEqual([variable, String(value)]);
        }
        // An empty name would be the working folder.
        const behind = String(PYTHONPATH ?? "")
          .split(":")
          .filter((each) => each !== "");
        expect(env["PYTHONPATH"]).toBe([own, ...behind].join(":"));
        expect(env["PYTHONSAFEPATH"]).toBe("1");
        expect(env["ACTIVATED"]?.startsWith("yes")).toBe(true);
      }
    }),
    draws(20, 120),
  );
});

describe("the allocator's segments grow", () => {
  const settings = async (env: NodeJS.ProcessEnv, ofPlan: Readonly<Record<string, string>> = {}) => {
    const bundle = await bundleOf({ cluster: { gpu: "h100-sxm-80gb", nodes: 1, gpus_per_node: 8, env: ofPlan } });
    const seen = launch(bundle.get("launch.sh") ?? "", "bundle", [], env).at(-1)?.env ?? {};
    return [seen["PYTORCH_ALLOC_CONF"], seen["PYTORCH_CUDA_ALLOC_CONF"]];
  };

  test("where nobody says anything else", async () => {
    expect(await settings({})).toEqual(["expandable_segments:True", undefined]);
  });

  test("and not where the user does, under either name, in the plan, or with nothing", async () => {
    const other = "max_split_size_mb:512";
    expect(await settings({ PYTORCH_ALLOC_CONF: other })).toEqual([other, undefined]);
    expect(await settings({ PYTORCH_CUDA_ALLOC_CONF: other })).toEqual([undefined, other]);
    expect(await settings({ PYTORCH_ALLOC_CONF: "" })).toEqual(["", undefined]);
    expect(await settings({}, { PYTORCH_CUDA_ALLOC_CONF: other })).toEqual([undefined, other]);
  });
});

describe("where the bundle lies", () => {
  const script = async () => (await bundleOf({})).get("launch.sh") ?? "";

  test("may be reached over links, by another working folder, under any name", async () => {
    const real = `${root}/ a 'real' "one"\n$(touch x)\n`;
    launch(await script(), real.slice(root.length + 1));
    symlinkSync(real, `${root}/linked`);
    symlinkSync(`${root}/linked/launch.sh`, `${root}/start`);
    chmodSync(`${real}/launch.sh`, 0o755);
    for (const [command = "", ...args] of [[`${root}/linked/launch.sh`], [`${root}/start`], ["bash", "./start"]]) {
      rmSync(`${root}/calls`, { force: true });
      const env = { PATH: process.env["PATH"], PYTHON: `${root}/python`, CDPATH: `${root}/linked` };
      expect(spawnSync(command, args, { cwd: root, env, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
      const calls = callsIn(readFileSync(`${root}/calls`, "utf8"));
      expect(calls.map(({ args }) => args.at(-1))).toEqual([
        `${realpathSync(real)}/plan.lock.json`,
        `${realpathSync(real)}/plan.lock.json`,
        `${realpathSync(real)}/train.py`,
      ]);
    }
  });

  test("has no colon in its name, which a list of folders cannot hold", async () => {
    mkdirSync(`${root}/a:b`);
    writeFileSync(`${root}/a:b/launch.sh`, await script());
    const { status, stderr } = spawnSync("bash", [`${root}/a:b/launch.sh`], { encoding: "utf8" });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: .*a:b has a colon in its name, .*\n$/)]);
  });
});

describe("activate", () => {
  test.each([
    ["activate", "a bare name is no command on the PATH"],
    ["-p", "a dash begins no option"],
    ["venv/bin/activate", "a path from where launch.sh is called"],
    ["./-x", "the same, as it is usually written"],
    ["~/activate", "a folder called ~"],
  ])("%s: %s", async (path) => {
    mkdirSync(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    writeFileSync(`${root}/${path}`, "export ACTIVATED=yes\n");
    const bundle = await bundleOf({ cluster: { activate: path } });
    const calls = launch(bundle.get("launch.sh") ?? "", "bundle");
    expect(calls.map(({ env }) => env["ACTIVATED"])).toEqual(["yes", "yes", "yes"]);
  });
});

describe("what launch.sh runs before the job", () => {
  const modules = (calls: readonly Call[]) => calls.map(({ args }) => args[1]);
  const [preflight, links, job] = ["planc_runtime.preflight", "planc_runtime.preflight.links", "planc_runtime.launch"];

  test("can be left out, the links alone or all of it", async () => {
    const script = (await bundleOf({})).get("launch.sh") ?? "";
    expect(modules(launch(script, "bundle"))).toEqual([preflight, links, job]);
    expect(modules(launch(script, "bundle", [], { PLANC_SKIP_LINKS: "1" }))).toEqual([preflight, job]);
    expect(modules(launch(script, "bundle", [], { PLANC_SKIP_PREFLIGHT: "1" }))).toEqual([job]);
  });

  test("tests no links where there is one rank", async () => {
    const alone = { cluster: { gpus_per_node: 1, gpu: { name: "large", memory_gb: 2000 } } };
    const bundle = await bundleOf({ ...alone, parallelism: { ep_size: 1, fsdp_size: 1 } });
    expect(modules(launch(bundle.get("launch.sh") ?? "", "bundle"))).toEqual([preflight, job]);
  });
});

describe("variables that launch.sh could not set", () => {
  const taken = (variable: string) => errorsOf({ cluster: { env: { [variable]: "1" } } });

  test("are refused: bash's own, torchrun's, and its own", async () => {
    expect(["UID", "SHELLOPTS", "RANDOM", "_", "WORLD_SIZE", "LOCAL_RANK"].map(taken)).toEqual(
      Array(6).fill(["PLN5027"]),
    );
    const script = (await bundleOf({ cluster: { nodes: 2 }, parallelism: { fsdp_size: 16 } })).get("launch.sh") ?? "";
    const assigned = [...script.matchAll(/^(\w+)=/gm)].map(([, variable = ""]) => variable);
    expect(assigned.length).toBeGreaterThan(2);
    expect(assigned.map(taken)).toEqual(assigned.map(() => ["PLN5027"]));
  });

  test("and no others: what is not refused arrives", async () => {
    const bash = spawnSync("bash", ["-c", "compgen -v"], { encoding: "utf8", env: {} }).stdout.trim().split("\n");
    // These change what programs are found, or what is printed while they are.
    const elsewhere = new Set(["PATH", "BASH_EXECUTION_STRING"]);
    const names = bash.filter((variable) => !elsewhere.has(variable) && taken(variable).length === 0);
    expect(names).toEqual(expect.arrayContaining(["IFS", "HOSTNAME", "BASH_VERSION"]));
    const env = Object.fromEntries(names.map((variable) => [variable, "written"]));
    const bundle = await bundleOf({ cluster: { env } });
    for (const call of launch(bundle.get("launch.sh") ?? "", "bundle")) {
      for (const variable of names.filter((each) => !lost.has(each)))
        expect([variable, call.env[variable]]).toEqual([variable, "written"]);
    }
  });
});
