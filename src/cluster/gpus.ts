import type { Gpu, Links, NvLink } from "./cluster.ts";

const MiB = 2 ** 20;

/** PCIe x16 of each generation, GB/s one way. */
const gen4 = 32;
const gen5 = 64;

/** GB/s one way to every other GPU of the machine, through a switch. */
const nvSwitch = (rate: number): NvLink => ({ rate, gpus: null });

/** GB/s one way to the neighbours that a bridge joins. */
const bridge = (rate: number, gpus: number): NvLink => ({ rate, gpus });

/** What a GPU of the vendor's own machine has of the network between machines, GB/s one way: a card of 200 or 400 Gb/s. */
const hdr = 25;
const ndr = 50;

const links = (nvlink: NvLink | null, pcie: number, network: number | null = null): Links => ({
  nvlink,
  pcie,
  network,
});

/**
 * `[name, MiB the driver reports as total, device name, compute capability, TFLOP/s, links]`, one row a GPU type. TFLOP/s are the vendor's for
 * bfloat16 with float32 accumulation, without sparsity.
 */
const rows: readonly (readonly [string, number, string, number, number, Links])[] = [
  ["a10g-pcie-24gb", 23_028, "A10G", 8.6, 70, links(null, gen4)],
  ["a100-pcie-40gb", 40_960, "A100-PCIE-40GB", 8, 312, links(null, gen4)],
  ["a100-pcie-80gb", 81_920, "A100 80GB PCIe", 8, 312, links(null, gen4)],
  ["a100-sxm-40gb", 40_960, "A100-SXM4-40GB", 8, 312, links(nvSwitch(300), gen4, hdr)],
  ["a100-sxm-80gb", 81_920, "A100-SXM4-80GB", 8, 312, links(nvSwitch(300), gen4, hdr)],
  ["a800-sxm-80gb", 81_920, "A800-SXM4-80GB", 8, 312, links(nvSwitch(200), gen4, hdr)],
  ["b200-sxm-180gb", 183_359, "B200", 10, 2250, links(nvSwitch(900), gen5, ndr)],
  ["h20-sxm-96gb", 97_871, "H20", 9, 148, links(nvSwitch(450), gen5, ndr)],
  ["h100-nvl-94gb", 95_830, "H100 NVL", 9, 835.5, links(bridge(300, 2), gen5)],
  ["h100-pcie-80gb", 81_559, "H100 PCIe", 9, 756.5, links(null, gen5)],
  ["h100-sxm-80gb", 81_559, "H100 80GB HBM3", 9, 989.4, links(nvSwitch(450), gen5, ndr)],
  ["h200-nvl-141gb", 143_771, "H200 NVL", 9, 835.5, links(bridge(450, 4), gen5)],
  ["h200-sxm-141gb", 143_771, "H200", 9, 989.4, links(nvSwitch(450), gen5, ndr)],
  ["h800-sxm-80gb", 81_559, "H800", 9, 989.4, links(nvSwitch(200), gen5, ndr)],
  ["l4-pcie-24gb", 23_034, "L4", 8.9, 121, links(null, gen4)],
  ["l40s-pcie-48gb", 46_068, "L40S", 8.9, 362, links(null, gen4)],
  ["rtx4090-pcie-24gb", 24_564, "RTX 4090", 8.9, 165.2, links(null, gen4)],
  ["rtx5090-pcie-32gb", 32_607, "RTX 5090", 12, 209.5, links(null, gen5)],
  ["rtxpro6000-pcie-96gb", 97_887, "RTX PRO 6000", 12, 503.8, links(null, gen5)],
];

/** Known GPU types by name, `<model>-<form>-<memory>`. */
export const gpus: ReadonlyMap<string, Gpu> = new Map(
  rows.map(([name, total, deviceName, capability, teraflops, found]) => [
    name,
    { name, memory: total * MiB, deviceName, capability, peakFlops: teraflops * 1e12, links: found },
  ]),
);
