import type { Gpu } from "./cluster.ts";

const MiB = 2 ** 20;

/**
 * `[name, MiB the driver reports as total, part of the device name, TFLOP/s]`, one row a GPU type. The last is the vendor's
 * figure for bfloat16 with float32 accumulation, without sparsity.
 */
const rows: readonly (readonly [string, number, string, number])[] = [
  ["a10g-pcie-24gb", 23_028, "A10G", 70],
  ["a100-pcie-40gb", 40_960, "A100-PCIE-40GB", 312],
  ["a100-pcie-80gb", 81_920, "A100 80GB PCIe", 312],
  ["a100-sxm-40gb", 40_960, "A100-SXM4-40GB", 312],
  ["a100-sxm-80gb", 81_920, "A100-SXM4-80GB", 312],
  ["a800-sxm-80gb", 81_920, "A800-SXM4-80GB", 312],
  ["b200-sxm-180gb", 183_359, "B200", 2250],
  ["h20-sxm-96gb", 97_871, "H20", 148],
  ["h100-nvl-94gb", 95_830, "H100 NVL", 835.5],
  ["h100-pcie-80gb", 81_559, "H100 PCIe", 756.5],
  ["h100-sxm-80gb", 81_559, "H100 80GB HBM3", 989.4],
  ["h200-nvl-141gb", 143_771, "H200 NVL", 835.5],
  ["h200-sxm-141gb", 143_771, "H200", 989.4],
  ["h800-sxm-80gb", 81_559, "H800", 989.4],
  ["l4-pcie-24gb", 23_034, "L4", 121],
  ["l40s-pcie-48gb", 46_068, "L40S", 362],
  ["rtx4090-pcie-24gb", 24_564, "RTX 4090", 165.2],
  ["rtx5090-pcie-32gb", 32_607, "RTX 5090", 209.5],
  ["rtxpro6000-pcie-96gb", 97_887, "RTX PRO 6000", 503.8],
];

/** Known GPU types by name, `<model>-<form>-<memory>`. */
export const gpus: ReadonlyMap<string, Gpu> = new Map(
  rows.map(([name, total, deviceName, teraflops]) => [
    name,
    { name, memory: total * MiB, deviceName, peakFlops: teraflops * 1e12 },
  ]),
);
