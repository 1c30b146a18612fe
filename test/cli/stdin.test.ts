/** `-` is a plan on standard input. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { run } from "../../src/cli/main.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { plainLook } from "../../src/diagnostics/formats/look.ts";
import { stacks } from "../../src/stacks.ts";
import { inFolder, planc } from "./binary.ts";

function withInput(folder: string, input: string | Uint8Array, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}bin/planc.js`, ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each(["check", "explain", "graph"])(
  "%s says what it says of a file, paths from the working directory",
  (command) =>
    inFolder((folder, plan) => {
      writeFileSync(join(folder, "plan.yaml"), plan.replace("config: ../", "config: "));
      const file = planc(folder, command, "plan.yaml");
      const input = withInput(folder, plan.replace("config: ../", "config: "), command, "-");
      expect(input).toEqual({ ...file, stdout: file.stdout.replaceAll("plan.yaml", "<stdin>") });
      expect([input.status, input.stderr]).toEqual([0, ""]);
    }),
);

test("compile writes the same bundle again", () =>
  inFolder((folder, plan) => {
    const here = plan.replace("config: ../", "config: ");
    expect(withInput(folder, here, "compile", "-").status).toBe(0);
    const again = withInput(folder, here, "compile", "-", "--check");
    expect([again.status, again.stderr]).toEqual([0, ""]);
    expect(again.stdout).toBe("generated/qwen3-ep8: as <stdin> says\n");
  }));

test("what is wrong is said of <stdin>, beside a file", () =>
  inFolder((folder, plan) => {
    mkdirSync(join(folder, "sub"));
    const { status, stderr } = withInput(join(folder, "sub"), plan, "check", "-", "-", "nowhere.yaml");
    expect(status).toBe(2);
    expect(stderr.match(/^error.*$/gm)).toEqual(["error PLN1001: cannot read nowhere.yaml: does not exist"]);
    const wrong = withInput(
      folder,
      plan.replace("config: ../", "config: ").replace("ep_size: 8", "ep_size: 6"),
      "check",
      "-",
    );
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/PLN3004.*\n\n {2}<stdin>:19:12\n/)]);
  }));

test.each([
  ["nothing", "", 1, "PLN1002: <stdin> is empty"],
  ["bytes", Uint8Array.of(0x6e, 0xff), 1, "PLN1002: <stdin> is not UTF-8 text"],
  ["too much", new Uint8Array(3_000_000).fill(0x61), 2, "standard input has more than 1.0 MiB"],
])("%s", (_, input, status, said) =>
  inFolder((folder) => {
    const ran = withInput(folder, input, "compile", "-");
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([status, "", expect.stringContaining(said)]);
  }),
);

test("a folder and a closed input end in a sentence", () =>
  inFolder((folder) => {
    const shell = (redirect: string) =>
      spawnSync("bash", ["-c", `"${process.execPath}" "${root}bin/planc.js" check - ${redirect}`], {
        cwd: folder,
        encoding: "utf8",
      });
    for (const redirect of ["< .", "<&-"]) {
      const { status, stderr } = shell(redirect);
      expect([1, 2]).toContain(status);
      expect(stderr).toMatch(/^error(: cannot read standard input: it is a folder| PLN1002: <stdin> is empty)\n/);
    }
  }));

test("an endless input is not read to its end", () =>
  inFolder((folder) => {
    const command = `yes | "${process.execPath}" "${root}bin/planc.js" check -`;
    const { status, stderr } = spawnSync("bash", ["-c", command], { cwd: folder, encoding: "utf8" });
    expect([status, stderr]).toEqual([2, expect.stringContaining("standard input has more than 1.0 MiB")]);
  }));

test("a terminal is told that it is read", async () => {
  let said = "";
  const stream = {
    look: plainLook,
    write: (text: string) => {
      said += text;
    },
  };
  const text = readFileSync(`${root}plans/qwen3-ep8.yaml`, "utf8").replace("models/", `${root}plans/models/`);
  const stdin = { isTerminal: true, read: async () => new TextEncoder().encode(text) };
  expect(
    await run(["check", "-"], {
      host: nodeHost,
      stacks: async () => stacks,
      env: {},
      stdin,
      stdout: stream,
      stderr: stream,
    }),
  ).toBe(0);
  expect(said).toMatch(/^reading a plan from the terminal, up to Ctrl-D\n<stdin>: fine: 8 ranks/);
});
