import type { Gpu, Links, NvLink } from "./cluster.ts";

const MiB = 2 ** 20;

/** PCIe x16 of each generation, GB/s one way. */
const gen4 = 32;
const gen5 = 64;

/** GB/s one way to every other GPU of the machine, through a switch. */
const nvSwitch = (rate: number): NvLink => ({ rate, gpus: null });

/** GB/s one way to every other GPU of a rack, whose machines the switches join. */
const rack = (rate: number, gpus: number): NvLink => ({ rate, gpus, rack: true });

/** GB/s one way to the neighbours that a bridge joins. */
const bridge = (rate: number, gpus: number): NvLink => ({ rate, gpus });

/** What a GPU of the vendor's own machine has of the network between machines, GB/s one way: a card of 200, 400 or 800 Gb/s. */
const hdr = 25;
const ndr = 50;
const xdr = 100;

const links = (nvlink: NvLink | null, pcie: number, network: number | null = null): Links => ({
  nvlink,
  pcie,
  network,
});

/** Where the vendor gives figures: the data sheet of the GPU, and of its own machine for what joins GPUs. */
const sheets = {
  a10g: "NVIDIA A10 data sheet; AWS, EC2 G5 instances",
  a100: "NVIDIA A100 data sheet; DGX A100 user guide",
  a800: "NVIDIA A800 data sheet",
  b200: "NVIDIA HGX platform page; DGX B200 data sheet",
  b300: "NVIDIA HGX platform page; DGX B300 data sheet",
  gb200: "NVIDIA GB200 NVL72 page",
  gb300: "NVIDIA GB300 NVL72 page",
  h100: "NVIDIA H100 data sheet; DGX H100 user guide",
  h20: "NVIDIA H20 data sheet",
  h200: "NVIDIA H200 data sheet; DGX H200 user guide",
  h800: "NVIDIA H800 data sheet",
  l4: "NVIDIA L4 data sheet",
  l40s: "NVIDIA L40S data sheet",
  rtx4090: "NVIDIA Ada GPU architecture white paper",
  rtx5090: "NVIDIA RTX Blackwell GPU architecture white paper",
  rtxpro6000: "NVIDIA RTX PRO 6000 Blackwell Server Edition data sheet",
  mi300x: "AMD Instinct MI300X data sheet",
} as const;

/**
 * `[name, MiB the driver reports as total, device name, compute capability, TFLOP/s, links, source]`, one row a GPU type. TFLOP/s
 * are the vendor's for bfloat16 with float32 accumulation, without sparsity. Memory is what `nvidia-smi` prints.
 */
const rows: readonly (readonly [string, number, string, number, number, Links, string])[] = [
  ["a10g-pcie-24gb", 23_028, "A10G", 8.6, 70, links(null, gen4), sheets.a10g],
  ["a100-pcie-40gb", 40_960, "A100-PCIE-40GB", 8, 312, links(null, gen4), sheets.a100],
  ["a100-pcie-80gb", 81_920, "A100 80GB PCIe", 8, 312, links(null, gen4), sheets.a100],
  ["a100-sxm-40gb", 40_960, "A100-SXM4-40GB", 8, 312, links(nvSwitch(300), gen4, hdr), sheets.a100],
  ["a100-sxm-80gb", 81_920, "A100-SXM4-80GB", 8, 312, links(nvSwitch(300), gen4, hdr), sheets.a100],
  ["a800-sxm-80gb", 81_920, "A800-SXM4-80GB", 8, 312, links(nvSwitch(200), gen4, hdr), sheets.a800],
  ["b200-sxm-180gb", 183_359, "B200", 10, 2250, links(nvSwitch(900), gen5, ndr), sheets.b200],
  ["b300-sxm-288gb", 275_040, "B300 SXM6 AC", 10.3, 2250, links(nvSwitch(900), gen5, xdr), sheets.b300],
  ["gb200-nvl-186gb", 189_471, "GB200", 10, 2500, links(rack(900, 72), gen5, ndr), sheets.gb200],
  ["gb300-nvl-288gb", 284_208, "GB300", 10.3, 2500, links(rack(900, 72), gen5, xdr), sheets.gb300],
  ["h20-sxm-96gb", 97_871, "H20", 9, 148, links(nvSwitch(450), gen5, ndr), sheets.h20],
  ["h100-nvl-94gb", 95_830, "H100 NVL", 9, 835.5, links(bridge(300, 2), gen5), sheets.h100],
  ["h100-pcie-80gb", 81_559, "H100 PCIe", 9, 756.5, links(null, gen5), sheets.h100],
  ["h100-sxm-80gb", 81_559, "H100 80GB HBM3", 9, 989.4, links(nvSwitch(450), gen5, ndr), sheets.h100],
  ["h200-nvl-141gb", 143_771, "H200 NVL", 9, 835.5, links(bridge(450, 4), gen5), sheets.h200],
  ["h200-sxm-141gb", 143_771, "H200", 9, 989.4, links(nvSwitch(450), gen5, ndr), sheets.h200],
  ["h800-sxm-80gb", 81_559, "H800", 9, 989.4, links(nvSwitch(200), gen5, ndr), sheets.h800],
  ["l4-pcie-24gb", 23_034, "L4", 8.9, 121, links(null, gen4), sheets.l4],
  ["l40s-pcie-48gb", 46_068, "L40S", 8.9, 362, links(null, gen4), sheets.l40s],
  ["rtx4090-pcie-24gb", 24_564, "RTX 4090", 8.9, 165.2, links(null, gen4), sheets.rtx4090],
  ["rtx5090-pcie-32gb", 32_607, "RTX 5090", 12, 209.5, links(null, gen5), sheets.rtx5090],
  ["rtxpro6000-pcie-96gb", 97_887, "RTX PRO 6000", 12, 503.8, links(null, gen5), sheets.rtxpro6000],
];

/** Known GPU types by name, `<model>-<form>-<memory>`. */
export const gpus: ReadonlyMap<string, Gpu> = new Map(
  rows.map(([name, total, deviceName, capability, teraflops, found]) => [
    name,
    { name, memory: total * MiB, deviceName, capability, peakFlops: teraflops * 1e12, links: found },
  ]),
);

/** Name → where its figures are from. */
export const sources: ReadonlyMap<string, string> = new Map(rows.map(([name, , , , , , source]) => [name, source]));

/** A GPU that runs no CUDA: its figures, for whoever compares. */
export interface OtherGpu {
  readonly name: string;
  readonly memory: number;
  readonly peakFlops: number;
  /** What it runs in place of CUDA. */
  readonly runtime: string;
  readonly source: string;
}

export const otherGpus: readonly OtherGpu[] = [
  {
    name: "mi300x-oam-192gb",
    memory: 196_592 * MiB,
    peakFlops: 1307.4e12,
    runtime: "ROCm",
    source: sheets.mi300x,
  },
];
