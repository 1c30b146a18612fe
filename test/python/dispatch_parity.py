"""Compare expert parallelism with one process: loss, every gradient, parameters after steps of AdamW, bytes exchanged.

    python dispatch_parity.py SPEC_JSON

A spec is `{"folder", "config", "stage": "reference" | "ranks", "mesh", "implementation", "recompute", "steps", "tokens"}`.
The reference is one process without expert parallelism: it makes the model's checkpoint in `folder` and writes the loss and
gradients of each of four micro-batches, and the parameters after steps on the first D of them for each D in `steps`. The ranks load the
checkpoint on `mesh`, train on the first D (the mesh's distinct batches) and print one JSON object, rank 0 alone.
"""

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as distributed
from safetensors.torch import load_file, save_file
from torch.distributed.tensor import DTensor
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, DistributedConfig

BATCHES = 4
# A gradient this small beside the whole is noise: its difference is measured against this share of the whole.
NOISE = 1e-4


def micro_batches(spec: dict, vocab_size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(3, vocab_size, (BATCHES, 2, spec["tokens"]), generator=generator)


def loss_of(model: torch.nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
    return loss.full_tensor() if isinstance(loss, DTensor) else loss


def whole(tensor: torch.Tensor) -> torch.Tensor:
    full = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return full.detach().float().contiguous().clone()


def optimizer_of(model: torch.nn.Module) -> list[torch.optim.Optimizer]:
    """AdamW, one for each mesh; sign-like first steps would hide a wrong scale, hence the large epsilon."""
    groups: dict[object, list[torch.nn.Parameter]] = {}
    for parameter in model.parameters():
        groups.setdefault(getattr(parameter, "device_mesh", None), []).append(parameter)
    return [torch.optim.AdamW(group, lr=1e-3, eps=1e-3) for group in groups.values()]


def reference(spec: dict) -> None:
    folder = Path(spec["folder"])
    values = {key: value for key, value in spec["config"].items() if key != "model_type"}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[spec["config"]["model_type"]](**values), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder / "model")
    batches = micro_batches(spec, model.config.vocab_size)
    losses = []
    model.train()
    for number, tokens in enumerate(batches):
        model.zero_grad()
        loss = loss_of(model, tokens)
        loss.backward()
        losses.append(loss.item())
        gradients = {name: whole(p.grad) for name, p in model.named_parameters() if p.grad is not None}
        save_file(gradients, folder / f"gradients-{number}.safetensors")
    (folder / "losses.json").write_text(json.dumps(losses))
    start = {name: p.detach().clone() for name, p in model.named_parameters()}
    for distinct in spec.get("steps", []):
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(start[name])
        optimizers = optimizer_of(model)
        for _ in range(10):
            model.zero_grad()
            for tokens in batches[:distinct]:
                (loss_of(model, tokens) / distinct).backward()
            for optimizer in optimizers:
                optimizer.step()
        save_file({name: whole(p) for name, p in model.named_parameters()}, folder / f"trained-{distinct}.safetensors")


class Counter:
    """Bytes of rows of H numbers that this rank sends to others, and what they should be by the router's choices."""

    def __init__(self, hidden_size: int) -> None:
        self.hidden_size, self.sent, self.visits = hidden_size, 0, 0
        exchange = distributed.all_to_all_single

        def counted(output, input, output_sizes=None, input_sizes=None, group=None, async_op=False):  # noqa: A002
            if input.dim() == 2 and input.shape[1] == hidden_size and input_sizes is not None:
                elsewhere = sum(input_sizes) - input_sizes[group.rank()]
                self.sent += elsewhere * hidden_size * input.element_size()
            return exchange(output, input, output_sizes, input_sizes, group=group, async_op=async_op)

        distributed.all_to_all_single = counted

    def watch(self, implementation: type) -> None:
        run = implementation._run

        def watched(own, tokens, experts, weights):
            here = own.ep_mesh.get_local_rank()
            for choices in experts.tolist():
                self.visits += len({choice // own.num_local_experts for choice in choices} - {here})
            return run(own, tokens, experts, weights)

        implementation._run = watched


def ranks(spec: dict) -> None:
    import planc_runtime.dispatch as dispatch
    from planc_runtime.dispatch import experts
    from planc_runtime.dispatch.implementation import PlancEP
    from planc_runtime.recompute import apply_recompute
    from planc_runtime.unshared import manage, outside_of_fsdp

    folder, mesh = Path(spec["folder"]), spec["mesh"]
    dispatch.register()
    if spec.get("foreign"):
        import transformers.models.qwen3_moe.modeling_qwen3_moe as modeling

        # An experts module of a kind that no release has yet: one parameter more than is known what to do with.
        make = modeling.Qwen3MoeExperts.__init__

        def make_foreign(self, config):
            make(self, config)
            self.scale = torch.nn.Parameter(torch.ones(8))

        modeling.Qwen3MoeExperts.__init__ = make_foreign
    sharding = DistributedConfig(**mesh, ep_implementation=spec.get("implementation", "planc"))
    with outside_of_fsdp(sharding) as unshared:
        model = AutoModelForCausalLM.from_pretrained(
            folder / "model", dtype=torch.float32, distributed_config=sharding
        )
    manage(model, unshared)
    model.train()
    if spec.get("recompute") == "full":
        model.gradient_checkpointing_enable({"use_reentrant": False})
    apply_recompute(model, spec.get("recompute", "none"))
    fallback = [name for name, module in model.named_modules() if name.endswith("experts") and drives(module) is False]
    counter = Counter(spec.get("width", model.config.get_text_config().hidden_size))
    counter.watch(PlancEP)
    gates = count_calls(experts, "gated")
    distinct = mesh.get("dp_replicate_size", 1) * mesh["fsdp_size"]
    rank = int(os.environ.get("RANK", "0"))
    batches = micro_batches(spec, model.config.get_text_config().vocab_size)
    tokens = batches[rank // mesh.get("tp_size", 1)]
    products = count_calls(torch.nn.functional, "grouped_mm")
    attentions = count_calls(torch.nn.functional, "scaled_dot_product_attention")
    loss = loss_of(model, tokens)
    loss.backward()
    calls = {"products": len(products), "attentions": len(attentions), "gates": len(gates)}
    mean = loss.detach().clone()
    distributed.all_reduce(mean)
    mean /= distributed.get_world_size()
    counts = torch.tensor([counter.sent, 4 * counter.visits * counter.hidden_size * 4])
    distributed.all_reduce(counts)
    named = [(name, p) for name, p in model.named_parameters() if not name.endswith(".scale")]
    found = {name: whole(p.grad) for name, p in named if p.grad is not None}
    answer = {"loss": mean.item(), "sent": counts[0].item(), "formula": counts[1].item(), "fallback": fallback, **calls}
    expected: dict[str, torch.Tensor] = {}
    for number in range(distinct):
        for name, gradient in load_file(folder / f"gradients-{number}.safetensors").items():
            expected[name] = expected.get(name, 0) + gradient / distinct
    losses = json.loads((folder / "losses.json").read_text())
    answer["expected"] = sum(losses[:distinct]) / distinct
    answer |= worst(found, expected, "gradient")
    if distinct in spec.get("steps", []):
        optimizers = optimizer_of(model)
        for _ in range(10):
            model.zero_grad()
            loss_of(model, tokens).backward()
            for optimizer in optimizers:
                optimizer.step()
        trained = {name: whole(p) for name, p in model.named_parameters()}
        answer |= worst(trained, load_file(folder / f"trained-{distinct}.safetensors"), "trained")
    if rank == 0:
        print(json.dumps(answer), flush=True)
    distributed.barrier()


def count_calls(module: object, name: str) -> list[None]:
    """From now on each call of a module's function that returns adds to the list."""
    calls: list[None] = []
    function = getattr(module, name)

    def counted(*args, **kwargs):
        result = function(*args, **kwargs)
        calls.append(None)
        return result

    setattr(module, name, counted)
    return calls


def drives(module: torch.nn.Module) -> bool | None:
    """Whether planc's implementation drives this experts module; None where no implementation does."""
    cells = getattr(getattr(module, "forward", None), "__closure__", None) or ()
    for cell in cells:
        if hasattr(cell.cell_contents, "stock"):
            return cell.cell_contents.stock is None
    return None


def worst(found: dict, expected: dict, kind: str) -> dict:
    missing = sorted(set(found) ^ set(expected))
    if missing:
        return {kind: missing[0], f"{kind}_difference": float("inf")}
    floor = NOISE * torch.stack([tensor.norm() for tensor in expected.values()]).norm().item()
    differences = {
        name: (found[name] - tensor).norm().item() / max(tensor.norm().item(), floor) for name, tensor in expected.items()
    }
    name = max(differences, key=lambda each: differences[each])
    return {kind: name, f"{kind}_difference": differences[name]}


def main() -> None:
    spec = json.loads(sys.argv[1])
    reference(spec) if spec["stage"] == "reference" else ranks(spec)


main()
