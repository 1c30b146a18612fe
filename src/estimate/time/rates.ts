/** How fast a GPU works, and what joins it to others: what was measured, and for other types the vendor's figures times what was reached. */
import type { Gpu } from "../../cluster/cluster.ts";

/** Of one GPU: operations and bytes a second. */
export interface Rates {
  /** FLOP/s of a dense bfloat16 product, when its size hides how it begins and ends. */
  readonly dense: number;
  /** The same of a grouped product: rows sorted by expert. */
  readonly grouped: number;
  /** Of causal attention's two products, as a kernel that keeps no scores computes them. */
  readonly attention_forward: number;
  /** Of its five products in the backward pass. */
  readonly attention_backward: number;
  /** Bytes a second of a copy, read and written. */
  readonly copy: number;
  /** Seconds that the host takes to launch a small kernel. */
  readonly launch: number;
  /** Whether that is of the host that trains. Where it is not, a step may wait for the host as well as not. */
  readonly isOwnHost: boolean;
  readonly inside: LinkRates | null;
  readonly across: LinkRates | null;
  /** Share of a step by which it may be longer or shorter than foreseen. */
  readonly spread: number;
  /** Where the figures are from. */
  readonly source: string;
}

/** What carries bytes between GPUs of an island, or between islands: seconds of a message, and bytes a second that a GPU sends. */
export interface LinkRates {
  readonly all_gather: Link;
  readonly reduce_scatter: Link;
  readonly all_to_all: Link;
}

export interface Link {
  readonly seconds: number;
  readonly rate: number;
}

/** Shares of the vendor's figures that the H200 reached: `measured` over its 989.4 TFLOP/s, 4.8 TB/s and 450 GB/s. */
const reached = {
  dense: 0.82,
  grouped: 0.79,
  attention_forward: 0.63,
  attention_backward: 0.51,
  copy: 0.85,
  inside: { all_gather: 0.56, reduce_scatter: 0.58, all_to_all: 0.6 },
  /** Not measured: what collectives of large messages are known to leave of a network card. */
  across: 0.75,
  /** Not measured: through the host's memory, both ways at once. */
  pcie: 0.4,
} as const;

/** Seconds of a collective of a few bytes; those over a network were not measured. */
const message = { inside: 40e-6, across: 60e-6 };

/** Seconds of a small kernel's launch from Python, on a virtual machine with two H200 (November 2026). */
const launch = 10e-6;

/** Bytes a second of a GPU's memory by the vendor's data sheets (`src/cluster/gpus.ts` names them). */
const bandwidth: Readonly<Record<string, number>> = {
  "a10g-pcie-24gb": 0.6e12,
  "a100-pcie-40gb": 1.555e12,
  "a100-pcie-80gb": 1.935e12,
  "a100-sxm-40gb": 1.555e12,
  "a100-sxm-80gb": 2.039e12,
  "a800-sxm-80gb": 2.039e12,
  "b200-sxm-180gb": 7.7e12,
  "b300-sxm-288gb": 7.7e12,
  "gb200-nvl-186gb": 8e12,
  "gb300-nvl-288gb": 8e12,
  "h20-sxm-96gb": 4e12,
  "h100-nvl-94gb": 3.9e12,
  "h100-pcie-80gb": 2e12,
  "h100-sxm-80gb": 3.35e12,
  "h200-nvl-141gb": 4.8e12,
  "h200-sxm-141gb": 4.8e12,
  "h800-sxm-80gb": 3.35e12,
  "l4-pcie-24gb": 0.3e12,
  "l40s-pcie-48gb": 0.864e12,
  "rtx4090-pcie-24gb": 1.008e12,
  "rtx5090-pcie-32gb": 1.792e12,
  "rtxpro6000-pcie-96gb": 1.597e12,
};

/** GPUs on which `reached` was measured. */
const measured: ReadonlySet<string> = new Set(["h200-sxm-141gb"]);

/** The rates of a GPU type; null where the vendor's figures are not known. */
export function ratesOf(gpu: Gpu): Rates | null {
  const memory = bandwidth[gpu.name];
  const { peakFlops, links } = gpu;
  if (memory === undefined || peakFlops === undefined || links === undefined) return null;
  const isMeasured = measured.has(gpu.name);
  const network = links.network === null ? null : links.network * 1e9 * reached.across;
  const nvlink = links.nvlink === null ? null : links.nvlink.rate * 1e9;
  const pcie = links.pcie * 1e9 * reached.pcie;
  const { inside } = reached;
  return {
    dense: peakFlops * reached.dense,
    grouped: peakFlops * reached.grouped,
    attention_forward: peakFlops * reached.attention_forward,
    attention_backward: peakFlops * reached.attention_backward,
    copy: memory * reached.copy,
    launch,
    isOwnHost: false,
    inside:
      nvlink === null
        ? alike(message.inside, pcie)
        : {
            all_gather: { seconds: message.inside, rate: nvlink * inside.all_gather },
            reduce_scatter: { seconds: message.inside, rate: nvlink * inside.reduce_scatter },
            all_to_all: { seconds: message.inside, rate: nvlink * inside.all_to_all },
          },
    across: network === null ? null : alike(message.across, network),
    spread: isMeasured ? 0.15 : 0.35,
    source: isMeasured
      ? "measured on two of them, November 2026"
      : "the vendor's figures times what an H200 reached of its own",
  };
}

function alike(seconds: number, rate: number): LinkRates {
  const link = { seconds, rate };
  return { all_gather: link, reduce_scatter: link, all_to_all: link };
}
