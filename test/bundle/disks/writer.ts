/**
 * A process that writes bundles into a folder over and over: `FOLDER NAMES ROUNDS`. It prints a line when it begins, and
 * in the end the codes of what it was told, as JSON. Bundled and started by `processes.test.ts`. It waits longer for other
 * writers than planc does, so that a slow disk fails nothing.
 */
import { writeBundle } from "../../../src/bundle/write.ts";
import { nodeHost } from "../../../src/cli/node-host.ts";
import { first, second, third } from "./bundles.ts";

const bundles: Readonly<Record<string, typeof first>> = { first, second, third };
const [folder = "", names = "", rounds = ""] = process.argv.slice(2);
const host = { ...nodeHost, pause: (milliseconds: number) => nodeHost.pause(4 * milliseconds) };
process.stdout.write("begins\n");
const codes: Record<string, number> = {};
for (let round = 0; round < Number(rounds); round++) {
  for (const name of names.split(",")) {
    const { diagnostics } = writeBundle(host, folder, bundles[name] ?? []);
    for (const code of diagnostics.length > 0 ? diagnostics.map((each) => each.code) : ["written"]) {
      codes[code] = (codes[code] ?? 0) + 1;
    }
  }
}
process.stdout.write(`${JSON.stringify(codes)}\n`);
