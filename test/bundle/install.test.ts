import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { transformers } from "../../src/engines/transformers/engine.ts";
import { compareVersions } from "../../src/text/version.ts";
import { bundleOf } from "../emitted/hostile-plans.ts";
import { plan } from "../plans.ts";

const of = (version: string) => ({
  stack: { ...(plan()["stack"] as object), versions: { ...versions, transformers: version } },
});
const versions = (plan()["stack"] as { readonly versions: Readonly<Record<string, string>> }).versions;
const lines = (text: string | undefined) =>
  (text ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));

describe.each(transformers.releases.map(({ version }) => version))("transformers %s", (version) => {
  test("the lock has one release of each package for a Python, and what the requirements ask for", async () => {
    const bundle = await bundleOf(of(version));
    const pins = lines(bundle.get("requirements.lock")).map((line) => {
      const [, name = "", pinned = "", condition = ""] = /^([a-z0-9-]+)==([^ ]+)(?: ; (.*))?$/.exec(line) ?? [];
      return { name, pinned, condition };
    });
    expect(pins.filter(({ name }) => name === "")).toEqual([]);
    expect(new Set(pins.map(({ name, condition }) => `${name} ${condition}`)).size).toBe(pins.length);
    for (const line of lines(bundle.get("requirements.txt"))) {
      const [, name, range = ""] = /^([a-z0-9-]+)(.*)$/.exec(line) ?? [];
      const pin = pins.find((each) => each.name === name)?.pinned ?? "";
      for (const bound of range.split(",")) {
        const [, sign, limit = ""] = /^(==|>=|<)(.*)$/.exec(bound) ?? [];
        const order = compareVersions(pin, limit);
        expect(sign === "==" ? order === 0 : sign === ">=" ? order >= 0 : order < 0, `${line}: ${pin}`).toBe(true);
      }
    }
  });
});

test("releases that were not resolved together have no lock, and are installed without", async () => {
  const bundle = await bundleOf({ stack: { ...of("5.24.0").stack, versions: { ...versions, accelerate: "1.15.1" } } });
  expect(bundle.has("requirements.lock")).toBe(false);
  expect(bundle.get("README.md")).toContain("pip install -r requirements.txt\n");
  expect(bundle.get("Containerfile")).toContain(
    "COPY requirements.txt ./\nRUN uv pip install --system --no-cache -r requirements.txt\n",
  );
});

test("an image copies files of the bundle, runs commands that a shell takes, and starts the launcher", async () => {
  const bundle = await bundleOf({ name: "a.b-c_1" });
  const steps = (bundle.get("Containerfile") ?? "")
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .trim()
    .split("\n")
    .map((line) => line.split(/ +(.*)/s));
  expect(steps.map(([keyword]) => keyword)).toEqual("FROM ENV RUN WORKDIR COPY RUN COPY ENTRYPOINT".split(" "));
  for (const [keyword, words = ""] of steps) {
    if (keyword === "RUN")
      expect(spawnSync("sh", ["-n", "-c", words], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    const named =
      keyword === "COPY"
        ? words
            .split(" ")
            .slice(0, -1)
            .filter((name) => name !== ".")
        : [];
    expect(named.filter((name) => !bundle.has(name))).toEqual([]);
  }
  expect(steps.at(-1)?.[1]).toBe('["/job/launch.sh"]');
});

test("a plan that activates an environment of its own has no image", async () => {
  const bundle = await bundleOf({ cluster: { activate: "/opt/venv/bin/activate" } });
  expect(bundle.has("Containerfile")).toBe(false);
});
