"""Runs plans on the real stack and records what comes of each: accepted, refused, or silently wrong.

One case is a toy model, a mesh and the rules of its expert plan. It is loaded by `from_pretrained` with a
`DistributedConfig` on as many CPU processes (gloo, float32) as its world has ranks, does one forward, one backward and
one optimizer step, and is compared with one process that saw the same batches: the loaded parameters, the logits and
every gathered gradient. The processes are forked from one that has imported everything, so a case costs no imports.

    python test/python/outcomes.py CASES.json RESULTS.json     runs the cases that RESULTS.json does not have yet

With OUTCOMES_SECONDS set it stops after that long and exits with 4: run it again for the rest.

Outcomes: ok; ep_off (right, but nothing was sharded over ep although ep_size > 1); not_distributed (every rank holds the
whole model); error:STAGE:MESSAGE with the stages config, load, forward, backward, gather, step and hang; wrong:load,
wrong:logits and wrong:grads with the relative difference; no_model when not even one process can build the toy.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import torch.distributed as dist
import transformers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.distributed import DistributedConfig

# Everything a child needs, imported before the first fork.
import torch.distributed.checkpoint  # noqa: F401
import torch.distributed.fsdp  # noqa: F401
from torch.distributed.tensor import DTensor

sys.path.append(str(Path(__file__).parents[2] / "templates"))
from planc_runtime import idle  # noqa: E402

TOLERANCE = 1e-3
# Ranks hang, or wait for one that has failed, when none of them has done anything for so long.
QUIET_SECONDS = 4
BATCH_SIZE, SEQUENCE = 2, 12

COMMON = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 64,
    "max_position_embeddings": 64,
    "tie_word_embeddings": False,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": None,
}
DEEPSEEK = {
    "n_routed_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "n_shared_experts": 1,
    "first_k_dense_replace": 1,
    "n_group": 2,
    "topk_group": 1,
}
MLA = {"kv_lora_rank": 16, "q_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8}
FAMILIES = {
    "qwen3_moe": COMMON | {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "head_dim": 8},
    "qwen2_moe": COMMON
    | {
        "num_experts": 8,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "shared_expert_intermediate_size": 24,
    },
    "mixtral": COMMON | {"num_local_experts": 8, "num_experts_per_tok": 2, "intermediate_size": 16, "head_dim": 8},
    "olmoe": COMMON | {"num_experts": 8, "num_experts_per_tok": 2, "intermediate_size": 16},
    "deepseek_v2": COMMON | DEEPSEEK | MLA | {"num_key_value_heads": 4, "topk_method": "group_limited_greedy"},
    "deepseek_v3": COMMON | DEEPSEEK | MLA | {"num_key_value_heads": 4},
    "glm4_moe": COMMON | DEEPSEEK | {"head_dim": 8},
    "gpt_oss": COMMON
    | {
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
        "intermediate_size": 16,
        "head_dim": 8,
        "sliding_window": 8,
    },
    "qwen3": COMMON | {"head_dim": 8},
}


def toy_config(case: dict):
    values = FAMILIES[case["family"]] | case.get("config", {})
    return AutoConfig.for_model(case["family"], **values)


def fill(model) -> None:
    """Gives every parameter and buffer of the router a value large enough that a mistake shows."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = parameter.ndim == 1 and name.endswith("weight")
            parameter.copy_(1 + 0.1 * noise if is_norm else 0.25 * noise)
        for name, buffer in sorted(model.named_buffers()):
            if name.endswith("e_score_correction_bias"):
                buffer.copy_(0.05 * torch.randn(buffer.shape, generator=generator))


def batch(index: int, vocab_size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(100 + index)
    return torch.randint(0, vocab_size, (BATCH_SIZE, SEQUENCE), generator=generator)


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def loading_options(case: dict) -> dict:
    options = {"dtype": getattr(torch, case.get("dtype", "float32"))}
    if "experts_implementation" in case:
        options["experts_implementation"] = case["experts_implementation"]
    return options


def write_checkpoint(case: dict, folder: Path) -> None:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(toy_config(case))
    fill(model)
    options = {"save_original_format": False} if case.get("checkpoint") == "fused" else {}
    model.save_pretrained(folder, **options)


def write_reference(case: dict, checkpoint: Path, batches: int, path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(checkpoint, **loading_options(case))
    model.train()
    logits = []
    for index in range(batches):
        tokens = batch(index, model.config.vocab_size)
        output = model(input_ids=tokens, labels=tokens)
        (output.loss / batches).backward()
        logits.append(output.logits.detach())
    gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    torch.save({"logits": logits, "gradients": gradients, "parameters": dict(model.state_dict())}, path)


def fork(work, *arguments) -> int:
    """Runs `work` in a child process and returns its id; the child never returns."""
    process = os.fork()
    if process:
        return process
    try:
        work(*arguments)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


class Workshop:
    """Toy checkpoints and the results of one process, each made once, in a child."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)

    def checkpoint(self, case: dict) -> Path | None:
        key = digest([case["family"], case.get("config", {}), case.get("checkpoint", "per_expert")])
        path = self.folder / f"model-{key}"
        if not (path / "config.json").exists():
            _, status = os.waitpid(fork(write_checkpoint, case, path), 0)
            if status:
                return None
        return path

    def reference(self, case: dict, checkpoint: Path, batches: int) -> Path | str:
        key = digest([checkpoint.name, batches, case.get("dtype"), case.get("experts_implementation")])
        path = self.folder / f"reference-{key}.pt"
        if not path.exists():
            _, status = os.waitpid(fork(write_reference, case, checkpoint, batches, path), 0)
            if status:
                return "one process fails already"
        return path


def relative(value: torch.Tensor, expected: torch.Tensor) -> float:
    value, expected = value.float(), expected.float()
    if value.shape != expected.shape:
        return float("inf")
    difference = ((value - expected).norm() / expected.norm().clamp_min(1e-12)).item()
    return difference if difference == difference else float("inf")


def whole(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def wildcard(name: str) -> str:
    return ".".join("*" if part.isdigit() else part for part in name.split("."))


def describe(parameter: torch.Tensor) -> dict:
    if not isinstance(parameter, DTensor):
        return {"shape": list(parameter.shape), "local_shape": list(parameter.shape), "placements": {}}
    names = parameter.device_mesh.mesh_dim_names
    return {
        "shape": list(parameter.shape),
        "local_shape": list(parameter.to_local().shape),
        "placements": {n: str(p) for n, p in zip(names, parameter.placements, strict=True)},
    }


class Rank:
    """What one rank does for one case; `stage` says how far it came when something is raised."""

    def __init__(self, rank: int, case: dict, checkpoint: Path, reference: Path | str, results: Path):
        self.rank, self.case, self.checkpoint, self.results = rank, case, checkpoint, results
        self.reference = reference
        self.stage = "config"
        self.found: dict = {}

    def run(self) -> None:
        warnings.simplefilter("ignore")
        os.environ |= {"RANK": str(self.rank), "LOCAL_RANK": str(self.rank), "WORLD_SIZE": str(self.case["world"])}
        os.environ |= {"LOCAL_WORLD_SIZE": str(self.case["world"])}
        torch.set_num_threads(1)
        try:
            self.train()
        except BaseException as error:
            lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
            self.found["error"] = [self.stage, f"{type(error).__name__}: {lines[0] if lines else ''}"[:400]]
            if os.environ.get("OUTCOMES_TRACE"):
                traceback.print_exc()
        self.found["time"] = time.time()
        path = self.results / f"{self.rank}.json"
        path.with_suffix(".part").write_text(json.dumps(self.found))
        path.with_suffix(".part").rename(path)
        while "error" in self.found:
            time.sleep(3600)  # not to be the reason why others fail; the parent ends it

    def train(self) -> None:
        case = self.case
        if case["world"] > 1:
            dist.init_process_group(
                "gloo",
                init_method=f"file://{self.results}/store",
                rank=self.rank,
                world_size=case["world"],
            )
        config = DistributedConfig(**case["parallel"])
        self.stage = "load"
        model = AutoModelForCausalLM.from_pretrained(
            self.checkpoint, distributed_config=config, **loading_options(case)
        )
        model.train()
        parameters = dict(model.named_parameters())
        self.found["parameters"] = {wildcard(n): describe(p) for n, p in parameters.items()}
        self.found["on_ep"] = any(
            isinstance(p, DTensor) and "ep" in p.device_mesh.mesh_dim_names for p in parameters.values()
        )
        self.found["distributed"] = any(isinstance(p, DTensor) for p in parameters.values())
        if isinstance(self.reference, str):
            expected = None
        else:
            expected = torch.load(self.reference, weights_only=False)
            worst = max((relative(whole(p.detach()), expected["parameters"][n]), n) for n, p in parameters.items())
            self.found["load"] = [worst[0], wildcard(worst[1])]

        self.stage = "forward"
        index = (self.rank // config.tp_size) % config.dp_size
        tokens = batch(index, model.config.vocab_size)
        output = model(input_ids=tokens, labels=tokens)
        if expected is not None:
            self.found["logits"] = relative(whole(output.logits.detach()), expected["logits"][index])

        self.stage = "backward"
        output.loss.backward()
        if expected is not None:
            self.compare_gradients(parameters, expected["gradients"])

        self.stage = "step"
        torch.optim.AdamW(parameters.values(), lr=1e-3, foreach=False).step()

    def compare_gradients(self, parameters: dict, expected: dict) -> None:
        self.stage = "gather"
        total = torch.stack([g.float().norm() for g in expected.values()]).norm().item()
        worst = (0.0, "")
        for name, parameter in parameters.items():
            gradient = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
            gradient = whole(gradient)
            wanted = expected.get(name, torch.zeros_like(gradient))
            floor = wanted.float().norm().item() < 1e-5 * total
            difference = gradient.float().norm().item() / total if floor else relative(gradient, wanted)
            worst = max(worst, (difference, wildcard(name)))
        self.found["gradients"] = list(worst)


def collect(folder: Path, processes: list[int], world: int) -> tuple[list[dict | None], bool]:
    """What each rank reported, until all have or the others only wait; and whether that is all that they do."""
    found: list[dict | None] = [None] * world
    is_quiet = idle.Idle(QUIET_SECONDS)
    while None in found and not is_quiet(processes):
        for rank in range(world):
            path = folder / f"{rank}.json"
            if found[rank] is None and path.exists():
                found[rank] = json.loads(path.read_text())
        time.sleep(0.02)
    hung = None in found and not any(each and "error" in each for each in found)
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(process, 0)
    return found, hung


def judge(case: dict, found: list[dict | None], hung: bool) -> dict:
    if hung:
        return {"outcome": "error:hang"}
    errors = [(f["time"], rank, f["error"]) for rank, f in enumerate(found) if f and "error" in f]
    if errors:
        quiet = [e for e in errors if "Connection closed" not in e[2][1] and "gloo" not in e[2][1]]
        _, _, (stage, message) = min(quiet or errors)
        result = {"outcome": f"error:{stage}", "message": message}
        if len(errors) < case["world"]:
            result["ranks"] = sorted(rank for _, rank, _ in errors)
        return result
    ranks = [f for f in found if f is not None]
    if "logits" not in ranks[0]:
        return {"outcome": "ran", "message": "no result of one process to compare with"}
    load = max(f["load"] for f in ranks)
    if load[0] > TOLERANCE:
        return {"outcome": "wrong:load", "difference": round(load[0], 3), "parameter": load[1]}
    logits = max(f["logits"] for f in ranks)
    gradients = max(f["gradients"] for f in ranks)
    parallel = case["parallel"]
    if not any(f["distributed"] for f in ranks) and case["world"] > 1:
        return {"outcome": "not_distributed"}
    if logits > TOLERANCE:
        return {"outcome": "wrong:logits", "difference": round(logits, 3)}
    if gradients[0] > TOLERANCE:
        return {"outcome": "wrong:grads", "difference": round(gradients[0], 3), "parameter": gradients[1]}
    if (parallel.get("ep_size") or 1) > 1 and not ranks[0]["on_ep"]:
        return {"outcome": "ep_off"}
    return {"outcome": "ok"}


def run_case(case: dict, workshop: Workshop) -> dict:
    checkpoint = workshop.checkpoint(case)
    if checkpoint is None:
        return {"outcome": "no_model"}
    parallel = case["parallel"]
    batches = (parallel.get("fsdp_size") or 1) * (parallel.get("dp_replicate_size") or 1)
    reference = workshop.reference(case, checkpoint, max(1, batches))
    folder = Path(tempfile.mkdtemp(prefix="outcome-"))
    try:
        processes = [
            fork(Rank(rank, case, checkpoint, reference, folder).run) for rank in range(case["world"])
        ]
        found, hung = collect(folder, processes, case["world"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = judge(case, found, hung)
    if result["outcome"] in ("ok", "ep_off"):
        result["parameters"] = found[0]["parameters"]
    return result


def main() -> int:
    cases_path, results_path = map(Path, sys.argv[1:3])
    cases = json.loads(cases_path.read_text())
    results = json.loads(results_path.read_text()) if results_path.exists() else {}
    for family in {case["family"] for case in cases}:
        config = AutoConfig.for_model(family)
        transformers.AutoModelForCausalLM._model_mapping[type(config)]
    workshop = Workshop(Path(os.environ.get("OUTCOMES_FOLDER", tempfile.gettempdir())) / "planc-outcomes")
    until = time.time() + float(os.environ.get("OUTCOMES_SECONDS", "inf"))
    for case in cases:
        key = case["id"]
        if key in results:
            continue
        if time.time() > until:
            return 4
        start = time.time()
        result = run_case(case, workshop)
        results[key] = result
        results_path.write_text(json.dumps(results, indent=1, sort_keys=True))
        shown = {k: v for k, v in result.items() if k != "parameters"}
        print(f"{time.time() - start:5.1f}s {key}: {json.dumps(shown)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
