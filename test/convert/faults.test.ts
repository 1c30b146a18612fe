/**
 * A conversion that is killed, starved or lied to never leaves a checkpoint that looks complete and is not, never touches
 * its source, says what is wrong in a sentence, and goes on where it stopped. The faults are injected into the system
 * calls of the very program that planc writes, in a process of its own each time.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { python } from "../python.ts";
import { conformance } from "../sample.ts";
import { converterFor, scratch, tinyConfig } from "./converter.ts";

const script = fileURLToPath(new URL("../python/convert_faults.py", import.meta.url));

/** Of the moments at which a conversion may be killed or starved, under `npm test` every fifth. */
const stride = conformance ? 1 : 5;

test("whatever happens to it, what it leaves is honest", () => {
  const folder = scratch();
  const converter = converterFor(folder, tinyConfig(), "--to", "fused");
  mkdirSync(join(folder, "work"));
  const output = execFileSync(python, [script, converter, join(folder, "work"), String(stride)], { encoding: "utf8" });
  const { failures, ...held } = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  expect(failures).toEqual([]);
  expect(held["kills"]).toBeGreaterThan(150 / stride);
  expect(held["failing disks"]).toBeGreaterThan(100 / stride);
  expect(held).toMatchObject({
    "killed again": 40 / stride,
    "refused copies": 18,
    "short copies": 5,
    "flipped bits": 1,
    "changed sources": 2,
    places: 11,
    journals: 4,
    signals: 6,
  });
});
