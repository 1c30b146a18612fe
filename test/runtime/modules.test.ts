/** The runtime's modules import each other without circles, so that each can be read, and tested, after those that it imports. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ownProgram } from "../python/jobs.ts";
import { python } from "../python.ts";
import { runtime } from "./preflight.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-modules-"));
afterAll(() => rmSync(folder, { recursive: true }));

const circlesIn = (path: string) =>
  JSON.parse(execFileSync(python, [ownProgram("import_circles.py"), path], { encoding: "utf8" }));

test("the runtime has no import circle, those in functions and for types among them", () => {
  const { modules, circles } = circlesIn(`${runtime}/planc_runtime`);
  expect(modules).toBeGreaterThan(150);
  expect(circles).toEqual([]);
});

test("circles are found, however they are imported", () => {
  const made = join(folder, "made");
  mkdirSync(join(made, "inner"), { recursive: true });
  const files = {
    "__init__.py": "",
    "a.py": "from made import b",
    "b.py": "def f():\n    import made.inner.c",
    "inner/__init__.py": "from made.inner.d import x",
    "inner/c.py": "if TYPE_CHECKING:\n    from made.a import y",
    "inner/d.py": "import made",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  expect(circlesIn(made)).toEqual({ modules: 6, circles: [["made.a", "made.b", "made.inner.c"]] });
});
