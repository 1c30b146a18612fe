import { sha256 } from "../../../src/bundle/digests.ts";
import type { EmittedFile } from "../../../src/host.ts";

/** Three bundles of one plan: what stays the same, what changes, what comes and what goes between them. */
export const first = bundle("first", [
  { path: "launch.sh", content: "#!/bin/sh\nexec true\n", executable: true },
  { path: "README.md", content: "# first\n" },
  { path: "train.py", content: "print(1)\n" },
  { path: "planc_runtime/world.py", content: "WORLD = 1\n" },
  { path: "planc_runtime/data.py", content: "DATA = 1\n" },
  { path: "planc_runtime/kernels/gemm.cu", content: "// first\n" },
]);

export const second = bundle("second", [
  { path: "launch.sh", content: "#!/bin/sh\nexec true\n", executable: true },
  { path: "README.md", content: "# second\n" },
  { path: "train.py", content: "print(2)\n" },
  { path: "convert.py", content: "print('convert')\n" },
  { path: "planc_runtime/world.py", content: "WORLD = 2\n" },
  { path: "planc_runtime/data.py", content: "DATA = 1\n" },
]);

export const third = bundle("third", [
  { path: "README.md", content: "# third\n" },
  { path: "train.py", content: "print(1)\n" },
  { path: "job.slurm", content: "#!/bin/sh\n", executable: true },
]);

/** The user's own files beside and among those of a bundle. */
export const users = {
  "notes.txt": "mine\n",
  "planc_runtime/mine.py": "MINE = 1\n",
  "output/checkpoint-5/model.safetensors": "weights",
};

function bundle(name: string, files: readonly EmittedFile[]): readonly EmittedFile[] {
  const digests = Object.fromEntries(files.map(({ path, content }) => [path, sha256(content)]));
  const lock = { version: 1, planc: "0.0.0", plan: { name }, files: digests };
  return [...files, { path: "plan.lock.json", content: `${JSON.stringify(lock, null, 2)}\n` }];
}
