/**
 * Writes `docs/gpus.md` from the records of GPUs and links: figures and where they are from.
 *
 *     npx tsx scripts/gpus_docs.ts
 */
import type { Gpu } from "../src/cluster/cluster.ts";
import { gpus, otherGpus, sources } from "../src/cluster/gpus.ts";
import { bytes, count } from "../src/text/words.ts";
import { write } from "./write.ts";

function nvlinkOf({ links }: Gpu): string {
  const nvlink = links?.nvlink ?? null;
  if (nvlink === null) return "";
  const joined = nvlink.gpus === null ? "a machine" : `${nvlink.gpus}${nvlink.rack ? ", a rack" : ", a bridge"}`;
  return `${nvlink.rate} (${joined})`;
}

const rows = [...gpus.values()].map((gpu) => {
  const teraflops = (gpu.peakFlops ?? 0) / 1e12;
  const cells = [
    `\`${gpu.name}\``,
    bytes(gpu.memory),
    gpu.capability,
    teraflops,
    nvlinkOf(gpu),
    gpu.links?.pcie,
    gpu.links?.network ?? "",
    sources.get(gpu.name),
  ];
  return `| ${cells.join(" | ")} |`;
});

const others = otherGpus.map(
  ({ name, memory, peakFlops, runtime, source }) =>
    `| \`${name}\` | ${bytes(memory)} | ${count(Math.round(peakFlops / 1e12))} | ${runtime} | ${source} |`,
);

const text = `<!-- Written by scripts/gpus_docs.ts from src/cluster/gpus.ts; do not edit. -->

# GPUs and links

What planc knows of a GPU that \`cluster.gpu\` names. Memory is what the driver reports as total; TFLOP/s are the vendor's for
bfloat16 without sparsity. Links are in GB/s (10^9 bytes) one way for one GPU: NVLink, with the GPUs that it joins, PCIe, and
the GPU's share of the network between machines in the vendor's own design. A cloud's machines may have less of it: the
preflight measures ([preflight.md](preflight.md)).

| GPU | memory | capability | TFLOP/s | NVLink | PCIe | network | source of the figures |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}

Figures alone, for comparison; a plan for one of these is refused (PLN5060):

| GPU | memory | TFLOP/s | runs | source |
|---|---|---|---|---|
${others.join("\n")}
`;
write("docs/gpus.md", text);
