import type { Gpu } from "./cluster.ts";

const MiB = 2 ** 20;

/** `[name, MiB the driver reports as total, part of the device name]`, one row a GPU type. */
const rows: readonly (readonly [string, number, string])[] = [
  ["a10g-pcie-24gb", 23_028, "A10G"],
  ["a100-pcie-40gb", 40_960, "A100-PCIE-40GB"],
  ["a100-pcie-80gb", 81_920, "A100 80GB PCIe"],
  ["a100-sxm-40gb", 40_960, "A100-SXM4-40GB"],
  ["a100-sxm-80gb", 81_920, "A100-SXM4-80GB"],
  ["a800-sxm-80gb", 81_920, "A800-SXM4-80GB"],
  ["b200-sxm-180gb", 183_359, "B200"],
  ["h20-sxm-96gb", 97_871, "H20"],
  ["h100-nvl-94gb", 95_830, "H100 NVL"],
  ["h100-pcie-80gb", 81_559, "H100 PCIe"],
  ["h100-sxm-80gb", 81_559, "H100 80GB HBM3"],
  ["h200-nvl-141gb", 143_771, "H200 NVL"],
  ["h200-sxm-141gb", 143_771, "H200"],
  ["h800-sxm-80gb", 81_559, "H800"],
  ["l4-pcie-24gb", 23_034, "L4"],
  ["l40s-pcie-48gb", 46_068, "L40S"],
  ["rtx4090-pcie-24gb", 24_564, "RTX 4090"],
  ["rtx5090-pcie-32gb", 32_607, "RTX 5090"],
  ["rtxpro6000-pcie-96gb", 97_887, "RTX PRO 6000"],
];

/** Known GPU types by name, `<model>-<form>-<memory>`. */
export const gpus: ReadonlyMap<string, Gpu> = new Map(
  rows.map(([name, total, deviceName]) => [name, { name, memory: total * MiB, deviceName }]),
);
