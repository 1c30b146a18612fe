/** What the preflight makes of readings that were taken on real machines, and of machines that were not at hand. */
import { expect, test } from "vitest";
import { gpus } from "../../src/cluster/gpus.ts";
import { judged, lockFor } from "./preflight.ts";

const GiB = 2 ** 30;
const MiB = 2 ** 20;

// As torch and the driver read there.
const h100 = ["NVIDIA H100 80GB HBM3", 85_017_493_504, 84_465_090_560] as const;
const h200 = ["NVIDIA H200", 143_771 * MiB, 143_167 * MiB] as const;
const driver580 = {
  torch: "2.11.0+cu130",
  torch_cuda: "13.0",
  driver: "580.159.04",
  driver_cuda: 13000,
  nccl: [2, 28, 9],
  nccl_wanted: "2.28.9",
};

/** The plan's lock with a rank that holds 28.4 GiB, and takes `peak` GiB at the peak of a step, or nobody knows. */
const lock = (gpu: string, peak: number | null = null) => {
  const found = lockFor({ cluster: { gpu, gpus_per_node: 2 }, parallelism: { fsdp_size: 2, ep_size: 2 } });
  const states = { parameters: 10 * GiB, gradients: 9.2 * GiB, optimizer: 9.2 * GiB, outside: 2 * GiB };
  const ofStep = peak === null ? null : { ...found.memory.peak, reserved: (peak - 2) * GiB };
  return { ...found, memory: { ...found.memory, ...states, peak: ofStep } };
};

test("GPUs: what is free against the peak of a step", () => {
  const [name, total] = h100;
  const of = (peak: number, free: number) => ({
    judge: "gpus",
    values: { lock: lock("h100-sxm-80gb", peak), readings: [h100, [name, total, free * GiB]] },
  });
  expect(judged([of(60, 78), of(78.5, 78), of(60, 65)]).map((found) => found.slice(1))).toEqual([
    [
      "ok    gpu 0: 78.7 GiB free; a rank takes 60.0 GiB at the peak of a step",
      "ok    gpu 1: 78.0 GiB free; a rank takes 60.0 GiB at the peak of a step",
    ],
    [
      "ok    gpu 0: 78.7 GiB free; a rank takes 78.5 GiB at the peak of a step",
      expect.stringMatching(/^warns gpu 1: 78.0 GiB free of 79.2 GiB; a rank takes 78.5 GiB .*other processes/),
    ],
    [
      "ok    gpu 0: 78.7 GiB free; a rank takes 60.0 GiB at the peak of a step",
      expect.stringMatching(/^warns gpu 1: 65.0 GiB free of 79.2 GiB; a rank takes 60.0 GiB .*other processes/),
    ],
  ]);
});

test("GPUs: how many, which type, how much memory is there and free", () => {
  const of = (gpu: string, ...readings: unknown[]) => ({ judge: "gpus", values: { lock: lock(gpu), readings } });
  const [name, total] = h100;
  expect(
    judged([
      of("h100-sxm-80gb", h100, h100),
      of("h200-sxm-141gb", h200, h200, h200),
      of("h200-sxm-141gb", h100, h100),
      of("h100-sxm-80gb", h200, h200),
      of("h100-sxm-80gb", h100, h200),
      of("h100-sxm-80gb", h100),
      of("h100-sxm-80gb"),
      of("h100-sxm-80gb", h100, [name, total, 20 * GiB]),
      of("h100-sxm-80gb", h100, [name, total, 60 * GiB]),
      of("h100-sxm-80gb", h100, [name, 0, 0, "CUDA error: uncorrectable ECC error encountered"]),
    ]),
  ).toEqual([
    [
      "ok    gpus: 2 x NVIDIA H100 80GB HBM3",
      "ok    gpu 0: 78.7 GiB free; a rank holds 28.4 GiB and its activations",
      "ok    gpu 1: 78.7 GiB free; a rank holds 28.4 GiB and its activations",
    ],
    [
      "ok    gpus: 3 x NVIDIA H200; the plan takes the first 2",
      "ok    gpu 0: 139.8 GiB free; a rank holds 28.4 GiB and its activations",
      "ok    gpu 1: 139.8 GiB free; a rank holds 28.4 GiB and its activations",
    ],
    [
      expect.stringMatching(/^warns gpus: 2 x NVIDIA H100 80GB HBM3; the plan counts on h200-sxm-141gb; /),
      expect.stringMatching(
        /^fails gpu 0: 79.2 GiB; the plan counts on 140.4 GiB \(h200-sxm-141gb\); change cluster.gpu/,
      ),
      expect.stringMatching(/^fails gpu 1/),
    ],
    [
      expect.stringMatching(/^warns gpus: 2 x NVIDIA H200; the plan counts on h100-sxm-80gb/),
      ...Array(2).fill(expect.stringMatching(/^ok/)),
    ],
    [
      expect.stringMatching(/^warns gpus: 2: NVIDIA H100 80GB HBM3, NVIDIA H200; every step waits/),
      ...Array(2).fill(expect.stringMatching(/^ok/)),
    ],
    [expect.stringMatching(/^fails gpus: 1 found; the plan needs 2 on each node; see CUDA_VISIBLE_DEVICES/)],
    [expect.stringMatching(/^fails gpus: 0 found/)],
    [
      expect.any(String),
      expect.any(String),
      expect.stringMatching(/^fails gpu 1: 20.0 GiB free of 79.2 GiB; a rank holds 28.4 GiB; end the other/),
    ],
    [
      expect.any(String),
      expect.any(String),
      expect.stringMatching(/^warns gpu 1: 60.0 GiB free of 79.2 GiB; .*other processes/),
    ],
    [
      expect.any(String),
      expect.any(String),
      expect.stringMatching(/^fails gpu 1: does not start: CUDA error: uncorrectable ECC/),
    ],
  ]);
});

test("every GPU type is told from every other by its device name", () => {
  const names = [...gpus.values()].map(({ name, deviceName = "" }) => ({ name, device: `NVIDIA ${deviceName}` }));
  const also = [
    ["h100-sxm-80gb", "NVIDIA H100 80GB HBM3 MIG 1g.10gb", false],
    ["rtxpro6000-pcie-96gb", "NVIDIA RTX PRO 6000 Blackwell Server Edition", true],
    ["rtx4090-pcie-24gb", "NVIDIA GeForce RTX 4090 D", false],
    ["rtx4090-pcie-24gb", "NVIDIA GeForce RTX 4090", true],
    ["b200-sxm-180gb", "NVIDIA GB200", false],
  ] as const;
  const pairs = [
    ...names.flatMap(({ name }) => names.map((other) => [name, other.device, other.name === name] as const)),
    ...also,
  ];
  const memory = { parameters: 0, gradients: 0, optimizer: 0, reference: 0, peak: null };
  const locks = new Map([...gpus.keys()].map((name) => [name, { ...lock(name), memory }]));
  const cases = pairs.map(([name, device]) => ({
    judge: "gpus",
    values: { lock: locks.get(name), readings: Array(2).fill([device, 10 ** 12, 10 ** 12]) },
  }));
  const found = judged(cases).map(([line], index) => [...(pairs[index] ?? []).slice(0, 2), line?.startsWith("ok")]);
  expect(found).toEqual(pairs.map((pair) => [...pair]));
});

test("driver and NCCL: for the CUDA and of the release that torch was built with", () => {
  const of = (changes: object) => ({ judge: "driver", values: { ...driver580, ...changes } });
  expect(
    judged([
      of({}),
      of({ torch: "2.15.0+cu132", torch_cuda: "13.2", nccl: [2, 30, 7], nccl_wanted: "2.30.7" }),
      of({ driver: "550.54.15", driver_cuda: 12040 }),
      of({ driver: null, driver_cuda: null }),
      of({ torch: "2.15.0+cpu", torch_cuda: null }),
      of({ nccl: [2, 21, 5] }),
      of({ nccl_wanted: null }),
    ]),
  ).toEqual([
    ["ok    driver: 580.159.04, for CUDA 13.0; torch is built for CUDA 13.0", "ok    nccl: 2.28.9"],
    ["ok    driver: 580.159.04, for CUDA 13.0; torch is built for CUDA 13.2", "ok    nccl: 2.30.7"],
    [
      "fails driver: 550.54.15, for CUDA 12.4; torch 2.11.0+cu130 is built for CUDA 13.0; install driver 580 or newer, or a torch built for CUDA 12.4",
      "ok    nccl: 2.28.9",
    ],
    [expect.stringMatching(/^fails driver: no NVIDIA driver is loaded/)],
    [expect.stringMatching(/^fails driver: torch 2.15.0\+cpu is a build without CUDA/)],
    [
      expect.stringMatching(/^ok/),
      expect.stringMatching(/^warns nccl: 2.21.5 is loaded; torch 2.11.0\+cu130 asks for 2.28.9; look/),
    ],
    [expect.stringMatching(/^ok/), "ok    nccl: 2.28.9"],
  ]);
});

test("releases: pinned ones, and what they require of each other", () => {
  const release = (name: string, found: string, wanted: string) => ({
    judge: "release",
    values: { package: name, found, wanted },
  });
  const requirements = {
    transformers: ["safetensors>=0.8.0", "torch>=2.4; extra == 'torch'", "not a requirement ("],
    trl: ["datasets>=4.7.0", "transformers>=4.56.2"],
  };
  const unsuited = (name: string, found: string) => ({
    judge: "unsuited",
    values: { package: name, found, requirements },
  });
  expect(
    judged([
      release("torch", "2.15.0+cu132", "2.15.0"),
      release("torch", "2.14.0", "2.15.0"),
      release("transformers", "5.23.1", "5.23.0"),
      release("transformers", "5.22.0", "5.23.0"),
      unsuited("safetensors", "0.7.9"),
      unsuited("datasets", "4.7.0"),
      unsuited("torch", "1.0"),
    ]),
  ).toEqual([
    ["ok    torch: 2.15.0+cu132"],
    ["warns torch: 2.14.0 is installed; the plan pins 2.15.0; pip install torch==2.15.0"],
    [expect.stringMatching(/^warns transformers: 5.23.1/)],
    [
      expect.stringMatching(
        /^fails transformers: 5.22.0 is installed; the plan was checked against 5.23.0; pip install/,
      ),
    ],
    ["fails safetensors: transformers needs safetensors>=0.8.0"],
    [],
    [],
  ]);
});

test("limits: what a rank cannot do without, and what it may want", () => {
  const job = { world_size: 64, num_ranks: 8, nodes: 8, num_workers: 0 };
  const reading = { files: 65536, locked: -1, threads: -1, has_rdma: true };
  const of = (changes: object, jobs: object = {}) => ({
    judge: "limits",
    values: { reading: { ...reading, ...changes }, ...job, ...jobs },
  });
  const [fine, few, none, large, busy, workers, pinned, tight, single, ethernet] = judged([
    of({}),
    of({ files: 512, threads: 500 }),
    of({ files: 128, threads: 100 }),
    of({ files: 4096 }, { world_size: 4096 }),
    of({ threads: 1000 }),
    of({ threads: 1000 }, { num_workers: 8 }),
    of({ locked: 65536 }),
    of({ locked: 8 * GiB }),
    of({ locked: 65536 }, { nodes: 1 }),
    of({ locked: 65536, has_rdma: false }),
  ]);
  expect(fine).toEqual([
    "ok    open files: 65,536 allowed",
    "ok    processes: unlimited",
    "ok    locked memory: unlimited",
  ]);
  expect(few?.slice(0, 2)).toEqual([
    "warns open files: 512 allowed; a rank may want 704; ulimit -n 65536",
    expect.stringMatching(/^warns processes: 500 allowed; 8 ranks may want 768; raise ulimit -u/),
  ]);
  expect(none?.slice(0, 2)).toEqual([
    "fails open files: 128 allowed; a rank cannot do with less than 192; ulimit -n 65536",
    expect.stringMatching(/^fails processes: 100 allowed; 8 ranks cannot do with less than 192/),
  ]);
  expect(large?.[0]).toMatch(/^fails open files: 4,096 allowed/);
  expect([busy?.[1], workers?.[1]]).toEqual([expect.stringMatching(/^ok/), expect.stringMatching(/^warns processes/)]);
  expect(pinned?.[2]).toMatch(
    /^fails locked memory: 0.1 MiB allowed; RDMA cannot do with less than 64 MiB; ulimit -l unlimited/,
  );
  expect(tight?.[2]).toMatch(/^warns locked memory: 8,192 MiB allowed; RDMA may want no limit/);
  expect([single?.length, ethernet?.length]).toEqual([2, 2]);
});

test("a disk that is full, nearly full, or fills up in time", () => {
  const needs = [
    ["the trained model", 114 * GiB],
    ["3 checkpoints of 341 GiB", 1023 * GiB],
  ];
  const of = (free: number, what: unknown = needs) => ({ judge: "disk", values: { needs: what, free } });
  const all = [["2 checkpoints of 341 GiB (of more: all are kept)", 682 * GiB]];
  expect(judged([of(4000 * GiB), of(1200 * GiB), of(1100 * GiB), of(4000 * GiB, all), of(1, [["it", 0]])])).toEqual([
    [
      "ok    disk: 4,000 GiB free at /data; needed 1,137 GiB: the trained model 114 GiB, 3 checkpoints of 341 GiB 1,023 GiB",
    ],
    [expect.stringMatching(/^warns disk: 1,200 GiB free at \/data; .*leaves little/)],
    [
      expect.stringMatching(
        /^fails disk: 1,100 GiB free at \/data; needed 1,137 GiB.*--output-dir.*--save_total_limit/,
      ),
    ],
    [expect.stringMatching(/^warns disk: .*set save_total_limit/)],
    [expect.stringMatching(/^ok/)],
  ]);
});

test("the pace of an axis by what lies under it", () => {
  const links = (name: string) => gpus.get(name)?.links ?? null;
  const of = (gpu: string, operation: string, group: readonly number[], gpus_per_node = 8) => ({
    judge: "pace",
    values: { operation, group, links: links(gpu), gpus_per_node },
  });
  const ranks = (count: number, stride = 1) => Array.from({ length: count }, (_, index) => index * stride);
  const found = judged([
    of("h100-sxm-80gb", "all_gather", ranks(8)),
    of("h100-nvl-94gb", "all_gather", ranks(2)),
    of("h100-nvl-94gb", "all_gather", ranks(4)),
    of("l40s-pcie-48gb", "all_to_all", ranks(4)),
    // Two machines: eight cards carry a ring, and each its own half of an all-to-all.
    of("h100-sxm-80gb", "all_gather", ranks(16)),
    of("a100-sxm-80gb", "all_gather", ranks(16)),
    of("h100-sxm-80gb", "all_to_all", ranks(16)),
    of("h100-sxm-80gb", "all_gather", ranks(2, 8)),
    of("l40s-pcie-48gb", "all_gather", ranks(16)),
    of("unknown", "all_gather", ranks(8)),
    // A rack of 18 machines with four GPUs each is joined by NVLink; two racks by the network.
    of("gb200-nvl-186gb", "all_to_all", ranks(72), 4),
    of("gb200-nvl-186gb", "all_to_all", ranks(144), 4),
    of("gb200-nvl-186gb", "all_gather", ranks(2, 72), 4),
    // A bridge for four ends with its machine of two.
    of("h200-nvl-141gb", "all_gather", ranks(2), 2),
    of("h200-nvl-141gb", "all_gather", ranks(4), 2),
  ]);
  expect(found.map(([line]) => line?.replace(/^ok +pace: /, ""))).toEqual([
    "450 over NVLink",
    "300 over NVLink",
    "64 over PCIe",
    "32 over PCIe",
    "400 over the network",
    "200 over the network",
    "94 over the network",
    "50 over the network",
    "unknown",
    "unknown",
    "900 over NVLink",
    "99 over the network",
    "50 over the network",
    "450 over NVLink",
    "unknown",
  ]);
});

test("an axis as four H100 measured it, with and without NVLink", () => {
  // Seconds of a call for buffers of 64 KiB, 64 MiB and 1 GiB, on 4 x H100 80GB HBM3 joined by NVLink.
  const nvlink = {
    all_gather: { 65536: 37e-6, [64 * MiB]: 194e-6, [GiB]: 2482e-6 },
    all_to_all: { 65536: 51e-6, [64 * MiB]: 195e-6, [GiB]: 2403e-6 },
  };
  // The same machine with NCCL_P2P_DISABLE=1.
  const host = {
    all_gather: { 65536: 52e-6, [64 * MiB]: 1983e-6, [GiB]: 31804e-6 },
    all_to_all: { 65536: 69e-6, [64 * MiB]: 1799e-6, [GiB]: 27634e-6 },
  };
  const right = { all_gather: [], all_to_all: [] };
  const of = (seconds: readonly object[], gpu: unknown = "h100-sxm-80gb", wrong: object = {}) => ({
    judge: "axis",
    values: {
      axis: { name: "fsdp/ep", size: 4, stride: 1 },
      readings: seconds.map((each, rank) => ({
        rank,
        wrong: { ...right, ...(rank === 1 ? wrong : {}) },
        seconds: each,
      })),
      lock: lockFor({ cluster: { gpu } }),
    },
  });
  const [fast, slow, one, unknown, wrong, partial] = judged([
    of(Array(4).fill(nvlink)),
    of(Array(4).fill(host)),
    of([nvlink, nvlink, host, nvlink]),
    of(Array(4).fill(host), { name: "own", memory_gb: 80 }),
    of(Array(4).fill(nvlink), "h100-sxm-80gb", { all_to_all: [3] }),
    // A group on a slow network left the largest buffers out.
    of([nvlink, nvlink, nvlink, { all_gather: { 65536: 1e-3 }, all_to_all: { 65536: 1e-3 } }]),
  ]);
  expect(fast).toEqual([
    "ok    links fsdp/ep: all-gather 324 GB/s of 450 (NVLink), all-to-all 335 GB/s of 450 (NVLink); 64 KiB in 51 us; 4 ranks, 1 group",
  ]);
  const found =
    "all-gather 25 GB/s of 450 (NVLink), all-to-all 29 GB/s of 450 (NVLink); 64 KiB in 69 us; 4 ranks, 1 group";
  expect(slow?.[0]).toMatch(`warns links fsdp/ep: ${found}; below half of what h100-sxm-80gb has; nvidia-smi topo -m`);
  expect(one).toEqual(slow);
  expect(unknown?.[0]).toMatch(/^ok {4}links fsdp\/ep: all-gather 25 GB\/s, all-to-all 29 GB\/s; 64 KiB/);
  expect(wrong?.[0]).toMatch("fails links fsdp/ep: all-to-all brought wrong numbers from rank 3 to rank 1; drain");
  expect(partial?.[0]).toMatch(/^warns links fsdp\/ep: all-gather 0 GB\/s of 450/);
});

test("ranks that run something else, and ranks that could tell nothing", () => {
  const rank = { host: "a", torch: "2.15.0", nccl: "2.30.7", gpu: "NVIDIA H100 80GB HBM3" };
  const ranks = (changes: object) => ({
    judge: "ranks",
    values: { about: [rank, rank, { ...rank, ...changes }, rank] },
  });
  const killed = `torch.distributed.elastic.multiprocessing.errors.ChildFailedError: 
=======================================================
Failures:
[1]:
  rank      : 0 (local_rank: 0)
  exitcode  : -15 (pid: 22792)  (SIGTERM)
-------------------------------------------------------
Root Cause (first observed failure):
[0]:
  rank      : 1 (local_rank: 1)
  exitcode  : -9 (pid: 22793)  (SIGKILL)
  error_file: <N/A>
=======================================================
`;
  const raised = `RuntimeError: CUDA error: invalid device ordinal\n${killed.replaceAll(/-9|-15/g, "1")}`;
  const silence = (status: number | null, output: string) => ({
    judge: "silence",
    values: { status, output, seconds: 480 },
  });
  expect(
    judged([
      ranks({}),
      ranks({ nccl: "2.28.9" }),
      ranks({ gpu: "NVIDIA H200" }),
      silence(1, killed),
      silence(1, raised),
      silence(null, ""),
      silence(1, ""),
    ]),
  ).toEqual([
    [],
    ["fails links: ranks differ in nccl: 2.30.7 on ranks 0-1, 3, 2.28.9 on rank 2; install the same on every node"],
    [expect.stringMatching(/^warns links: ranks differ in gpu/)],
    [expect.stringMatching(/^fails links: local rank 1 was ended by signal 9/)],
    [expect.stringMatching(/^fails links: local rank 1 failed: RuntimeError: CUDA error: invalid device ordinal; /)],
    [expect.stringMatching(/^fails links: no verdict within 480 s; start launch.sh on each node/)],
    [expect.stringMatching(/^fails links: torchrun ended with status 1: it said nothing/)],
  ]);
});
