"""
Run a bundle's train.py and count what each rank sends, by what asked for it.

    python traffic_count.py MIXED TRAIN_PY [options of train.py]

Every collective goes through torch's dispatcher, where a mode sees it: FSDP's, DTensor's, the dispatchers', TRL's and
accelerate's, in C++ or in Python, in the forward and in the backward pass. Each rank writes `counted-RANK.json` to the working
folder: `sent`, the collectives, and `chosen`, for each call of an experts module in a forward pass the rows that its tokens
make for each rank of the ep group: `once` for each rank, and once for each expert. MIXED is `mixed` to have FSDP cast to bfloat16, which
train.py does on GPUs alone, else `plain`.

Bytes that a rank of a group of N sends: a gather its own part to the others, a reduce-scatter the others' parts, an all-reduce
both, an all-to-all what goes to others.
"""

import json
import runpy
import sys
import traceback
from pathlib import Path

import torch
import torch.distributed as dist
import transformers
from accelerate import ParallelismConfig
from torch.distributed import ProcessGroup
from torch.distributed.distributed_c10d import _resolve_process_group
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import Trainer

NAMESPACES = ("c10d", "_c10d_functional", "_c10d_functional_autograd")
SILENT = ("barrier", "monitored_barrier_", "wait_tensor", "_wrap_tensor_autograd")

sent: list[dict] = []
chosen: list[dict] = []
phase = "before training"


def size_of(tensors) -> int:
    return sum(each.numel() * each.element_size() for each in torch.utils._pytree.tree_leaves(tensors))


def all_to_all(whole: torch.Tensor, splits, size: int, rank: int) -> int:
    rows = [int(each) for each in splits] or [whole.shape[0] // size] * size
    return (sum(rows) - rows[rank]) * (size_of(whole) // max(1, whole.shape[0]))


def bytes_of(name: str, arguments: tuple, size: int, rank: int) -> int:
    """Bytes that this rank sends to others."""
    first, others = arguments[0], size - 1
    second = arguments[1] if len(arguments) > 1 else None
    match name:
        case "allreduce_" | "all_reduce":
            return 2 * size_of(first) * others // size
        case "_allgather_base_" | "allgather_":
            return size_of(second) * others
        case "all_gather_into_tensor" | "broadcast_":
            return size_of(first) * others
        case "_reduce_scatter_base_":
            return size_of(second) * others // size
        case "alltoall_base_":
            return all_to_all(second, arguments[4], size, rank)
        case "all_to_all_single":
            return all_to_all(first, arguments[2], size, rank)
    raise NotImplementedError(name)


def group_of(arguments: tuple) -> ProcessGroup:
    for each in arguments:
        if isinstance(each, str) and each != "sum":
            return _resolve_process_group(each)
        if isinstance(each, torch.ScriptObject) and "ProcessGroup" in str(each._type()):
            return ProcessGroup.unbox(each)
    raise NotImplementedError("a collective of no group")


def asked_by() -> str:
    """The innermost file that is none of torch's, but for FSDP and DTensor."""
    for frame in reversed(traceback.extract_stack()):
        name = frame.filename
        if frame.filename == __file__ or ("/torch/" in name and "/fsdp/" not in name and "/tensor/" not in name):
            continue
        return name.split("site-packages/")[-1].split("/bundle/")[-1]
    return "nobody"


class Counter(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        if DTensor in types:
            return NotImplemented  # its own dispatch comes first, and what that asks for comes back here
        keywords = keywords or {}
        namespace, name, *_ = str(function).split(".")
        if namespace in NAMESPACES and name not in SILENT:
            everything = (*arguments, *keywords.values())
            group = group_of(everything)
            sent.append(
                {
                    "phase": phase,
                    "group": group.group_desc,
                    "operation": name,
                    "bytes": bytes_of(name, everything, group.size(), dist.get_group_rank(group, dist.get_rank())),
                    "by": asked_by(),
                }
            )
        return function(*arguments, **keywords)


def watch_routing(model: torch.nn.Module, lock: dict) -> None:
    """Note what tokens choose, as the router says it, before any dispatcher sees it."""
    num_ranks, tp_size = lock["mesh"]["expert"]["ep"], lock["mesh"]["dense"]["tp"]
    num_local = lock["model"]["num_experts"] // num_ranks

    def note(name):
        def hook(module, arguments, keywords):
            if torch._C._current_graph_task_id() != -1:
                return  # computed again
            experts_TK = next(each for each in (*arguments, *keywords.values()) if not each.is_floating_point())
            # The ranks of a tp group have the same tokens, and take a share each.
            experts_TK = experts_TK.tensor_split(tp_size)[dist.get_rank() % tp_size]
            ranks_TK = experts_TK // num_local
            each = [int((ranks_TK == rank).sum()) for rank in range(num_ranks)]
            once = [int((ranks_TK == rank).any(dim=1).sum()) for rank in range(num_ranks)]
            chosen.append({"phase": phase, "layer": name, "each": each, "once": once})

        return hook

    for name, module in model.named_modules():
        if name.endswith(".experts"):
            module.register_forward_pre_hook(note(name), with_kwargs=True)


def wrapped(lock: dict) -> None:
    """Have the trainer tell where in a step it is, and write down what was counted."""
    training_step, train = Trainer.training_step, Trainer.train

    def counted_step(self, *arguments, **keywords):
        global phase
        phase = f"step {self.state.global_step}"
        result = training_step(self, *arguments, **keywords)
        phase = f"after step {self.state.global_step}"
        return result

    def counted_training(self, *arguments, **keywords):
        watch_routing(self.model, lock)
        result = train(self, *arguments, **keywords)
        Path(f"counted-{dist.get_rank()}.json").write_text(json.dumps({"sent": sent, "chosen": chosen}))
        return result

    Trainer.training_step, Trainer.train = counted_step, counted_training


def main() -> None:
    mixed, program = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    if mixed == "mixed":
        config = transformers.DistributedConfig
        transformers.DistributedConfig = lambda **sizes: config(**{**sizes, "fsdp_mixed_precision": True})
    # accelerate wants GPUs for tensor parallelism, and uses none of them here.
    ParallelismConfig._validate_accelerator = lambda *_: None
    wrapped(json.loads(Path(program).with_name("plan.lock.json").read_text()))
    with Counter():
        runpy.run_path(program, run_name="__main__")


main()
