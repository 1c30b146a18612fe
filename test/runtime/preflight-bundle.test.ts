/** What the preflight says of a bundle's own files, and that a killed compile leaves nothing that it lets through. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../src/bundle/digests.ts";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import { interfered } from "../bundle/disks/interference.ts";
import { untilKilled, write } from "../bundle/disks/scenarios.ts";
import { python } from "../python.ts";
import { run } from "./preflight.ts";
import { toyBundle, toyConfig, toyPlan } from "./toy-bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-preflight-bundle-"));
afterAll(() => rmSync(folder, { recursive: true }));

let whole = "";
beforeAll(async () => {
  whole = await toyBundle(folder, toyConfig, toyPlan({ fsdp_size: 2, ep_size: 2 }));
});

let bundle = "";
beforeEach(() => {
  bundle = mkdtempSync(join(folder, "case-"));
  cpSync(whole, bundle, { recursive: true });
});

const judge =
  "from planc_runtime.preflight.bundle import check_bundle\nfor check in check_bundle(): print(check.line())";

/** The lines about the bundle, by its own runtime. */
function lines(): string[] {
  const ran = spawnSync(python, ["-P", "-c", judge], { env: { PYTHONPATH: bundle }, encoding: "utf8" });
  expect([ran.status, ran.stderr]).toEqual([0, ""]);
  return ran.stdout.trimEnd().split("\n");
}

test("all as it was written", () => {
  expect(lines()).toEqual([expect.stringMatching(/^preflight: ok {4}bundle: \d+ files as the lock has them$/)]);
});

test("files that were edited are named, and do not stop the job", () => {
  writeFileSync(join(bundle, "README.md"), "mine\n");
  writeFileSync(join(bundle, "train.py"), `${readFileSync(join(bundle, "train.py"), "utf8")}# mine\n`);
  expect(lines()).toEqual([
    expect.stringMatching(/^preflight: warns bundle: not as planc wrote it: README.md, train.py; /),
  ]);
});

test("files that are missing, or that a power cut has left in part, stop it before the rest is loaded", async () => {
  rmSync(join(bundle, "launch.sh"));
  truncateSync(join(bundle, "train.py"), 1000);
  writeFileSync(join(bundle, "planc_runtime/preflight/machine.py"), "");
  const size = readFileSync(join(bundle, "forward.py")).length;
  writeFileSync(join(bundle, "forward.py"), Buffer.alloc(size));
  const ran = await run(python, ["-P", "-m", "planc_runtime.preflight", join(bundle, "plan.lock.json")], {
    PYTHONPATH: bundle,
  });
  expect([ran.status, ran.stderr]).toEqual([2, ""]);
  expect(ran.stdout).toMatch(
    /^preflight: fails bundle: launch.sh is missing, train.py is cut off, forward.py is cut off and 1 more; compile .*\n$/,
  );
});

test("a compile killed at any call over another bundle leaves one of both, or what is refused; the next one mends it", () => {
  const lock = JSON.parse(readFileSync(join(whole, "plan.lock.json"), "utf8"));
  const names: string[] = Object.keys(lock.files);
  const files = [...names, "plan.lock.json"].map((path) => ({
    path,
    content: readFileSync(join(whole, path), "utf8"),
  }));
  // The bundle of before: a few files of other content, known to its lock.
  const others = new Set(["train.py", "README.md", "launch.sh"]);
  const before = files.map((file) =>
    others.has(file.path) ? { ...file, content: `# earlier\n${file.content}` } : file,
  );
  const place = mkdtempSync(join(folder, "killed-"));
  const earlier = withDigests(before, lock);
  const verdicts = new Set<string>();
  for (const step of ["train.py", "README.md", "launch.sh", "plan.lock.json"]) {
    rmSync(place, { recursive: true });
    write(nodeHost, place, earlier);
    const host = interfered(nodeHost, ({ name, path }) =>
      name === "rename" && path.endsWith(`/${step}`) ? "dies" : undefined,
    );
    expect(untilKilled(() => writeBundle({ ...host, pid: 2 ** 22 + 7 }, place, files))).toBe("killed");
    cpSync(place, bundle, { recursive: true });
    verdicts.add(lines().join("\n"));
    for (const name of readdirSync(bundle)) if (name.startsWith(".planc-")) rmSync(join(bundle, name));
    expect(writeBundle(nodeHost, place, files).diagnostics).toEqual([]);
    cpSync(place, bundle, { recursive: true });
    expect(lines()).toEqual([expect.stringMatching(/^preflight: ok /)]);
  }
  expect([...verdicts]).toEqual([
    expect.stringMatching(/^preflight: fails bundle: \.planc-\d+\+*-plan\.lock\.json is there: a compile .* killed/),
  ]);
});

function withDigests(files: readonly { path: string; content: string }[], lock: Record<string, unknown>) {
  const own = files.filter(({ path }) => path !== "plan.lock.json");
  const digests = Object.fromEntries(own.map(({ path, content }) => [path, sha256(content)]));
  return [...own, { path: "plan.lock.json", content: `${JSON.stringify({ ...lock, files: digests })}\n` }];
}
