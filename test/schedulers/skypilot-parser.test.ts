/** What reads a task file: PyYAML, and under conformance SkyPilot itself, in an environment of its own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import fixture from "../fixtures/skypilot-0.14.1.json" with { type: "json" };
import { python } from "../python.ts";
import { conformance } from "../sample.ts";
import { skypilotPlans, taskOf } from "./skypilot.ts";

function run(command: string, args: readonly string[], input = ""): string {
  const ran = spawnSync(command, args, { encoding: "utf8", input, maxBuffer: 2 ** 26 });
  expect([ran.status, ran.stderr], args.join(" ")).toEqual([0, expect.anything()]);
  return ran.stdout;
}

const texts = await Promise.all(Object.values(skypilotPlans).map(taskOf));

test("PyYAML reads in a task what it says", () => {
  const script = "import json, sys, yaml; print(json.dumps([yaml.safe_load(text) for text in json.load(sys.stdin)]))";
  expect(JSON.parse(run(python, ["-c", script], JSON.stringify(texts)))).toEqual(texts.map((text) => parse(text)));
});

if (conformance) {
  test("SkyPilot's own parser takes every task", () => {
    const folder = fileURLToPath(new URL("../../.cache/skypilot", import.meta.url));
    const own = `${folder}/bin/python`;
    if (!existsSync(own)) {
      run(python, ["-m", "venv", folder]);
      run(own, ["-m", "pip", "install", "--quiet", `skypilot==${fixture.skypilot}`]);
    }
    const script = `
import sys, sky
for path in sys.argv[1:]:
    task = sky.Task.from_yaml(path)
    [resources] = task.resources
    print(task.num_nodes, resources.accelerators, resources.use_spot, resources.disk_size)
`;
    const tasks = mkdtempSync(`${tmpdir()}/planc-sky-`);
    const paths = texts.map((text, index) => {
      writeFileSync(`${tasks}/${index}.yaml`, text);
      return `${tasks}/${index}.yaml`;
    });
    const lines = run(own, ["-c", script, ...paths])
      .trim()
      .split("\n");
    rmSync(tasks, { recursive: true });
    expect(lines.slice(-texts.length)).toEqual(
      texts.map((text) => {
        const { num_nodes, resources } = parse(text);
        const [name, count] = resources.accelerators.split(":");
        const spot = resources.use_spot ? "True" : "False";
        return `${num_nodes} {'${name}': ${count}} ${spot} ${resources.disk_size}`;
      }),
    );
  });
}
