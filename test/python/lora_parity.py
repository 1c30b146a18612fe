"""Compare adapters on a mesh with stock PEFT in one process: loss, every adapter gradient, the losses of ten steps of AdamW.

    python lora_parity.py SPEC_JSON

A spec is `{"folder", "config", "lora", "stage": "reference" | "ranks", "mesh", "recompute", "steps", "tokens"}`. The
reference makes the base checkpoint and a random adapter, both factors, in `folder`, and writes the loss and gradients of each
of four micro-batches, and the losses of steps on the first D of them for each D in `steps`. The ranks train the same adapter
on `mesh` and print one JSON object, rank 0 alone.
"""

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as distributed
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from torch.distributed.tensor import DTensor
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, DistributedConfig

BATCHES, STEPS = 4, 10
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


def optimizers_of(model: torch.nn.Module) -> list[torch.optim.Optimizer]:
    """AdamW, one for each mesh; sign-like first steps would hide a wrong scale, hence the large epsilon."""
    groups: dict[object, list[torch.nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            groups.setdefault(getattr(parameter, "device_mesh", None), []).append(parameter)
    return [torch.optim.AdamW(group, lr=3e-3, eps=1e-3) for group in groups.values()]


def trainable(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def saved_name(name: str) -> str:
    """The name of a stock parameter in a saved adapter."""
    return name.replace(".default.", ".")


def reference(spec: dict) -> None:
    folder = Path(spec["folder"])
    values = {key: value for key, value in spec["config"].items() if key != "model_type"}
    torch.manual_seed(0)
    config = CONFIG_MAPPING[spec["config"]["model_type"]](**values)
    base = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for parameter in base.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    base.save_pretrained(folder / "model")
    model = get_peft_model(base, LoraConfig(**spec["lora"], task_type="CAUSAL_LM"))
    adapter = trainable(model)
    with torch.no_grad():
        for parameter in adapter.values():
            parameter.copy_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder / "adapter")
    start = {name: parameter.detach().clone() for name, parameter in adapter.items()}
    save_file({saved_name(name): value for name, value in start.items()}, folder / "start.safetensors")
    batches = micro_batches(spec, base.config.get_text_config().vocab_size)
    model.train()
    losses = []
    for number, tokens in enumerate(batches):
        model.zero_grad()
        loss = loss_of(model, tokens)
        loss.backward()
        losses.append(loss.item())
        gradients = {saved_name(name): whole(parameter.grad) for name, parameter in adapter.items()}
        save_file(gradients, folder / f"gradients-{number}.safetensors")
    (folder / "losses.json").write_text(json.dumps(losses))
    for distinct in spec["steps"]:
        with torch.no_grad():
            for name, parameter in adapter.items():
                parameter.copy_(start[name])
        optimizers, curve = optimizers_of(model), []
        for _ in range(STEPS):
            model.zero_grad()
            shares = [loss_of(model, tokens) / distinct for tokens in batches[:distinct]]
            for share in shares:
                share.backward()
            curve.append(sum(share.item() for share in shares))
            for optimizer in optimizers:
                optimizer.step()
        (folder / f"curve-{distinct}.json").write_text(json.dumps(curve))


def own_layout(attached, stock: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A stock adapter's tensors under planc's names: [E, R, M] and [E, N, R] of each parameter of experts."""
    found = {}
    for target in attached.targets:
        begin = f"base_model.model.{target.module}.{target.prefix}"
        rank, experts = target.rank, target.num_experts
        a, b = stock[f"{begin}lora_A.weight"], stock[f"{begin}lora_B.weight"]
        own = f"{target.module}.adapters.of.{target.parameter}"
        # Row e * R + r of lora_A and column r * E + e of lora_B are of expert e.
        found[f"{own}.lora_A"] = torch.stack([a[e * rank : (e + 1) * rank] for e in range(experts)])
        found[f"{own}.lora_B"] = torch.stack([b[:, e::experts] for e in range(experts)])
    for path in attached.dense:
        for which in ("lora_A", "lora_B"):
            found[f"{path}.{which}.default.weight"] = stock[f"base_model.model.{path}.{which}.weight"]
    return found


def ranks(spec: dict) -> None:
    from planc_runtime import dispatch
    from planc_runtime.adapters import attach as attaching
    from planc_runtime.recompute import apply_recompute
    from planc_runtime.unshared import manage, outside_of_fsdp

    folder, mesh = Path(spec["folder"]), spec["mesh"]
    start = load_file(folder / "start.safetensors")
    module = sys.modules["planc_runtime.adapters.attach"]
    module.fill = lambda tensor, **_: tensor.zero_()
    dispatch.register()
    sharding = DistributedConfig(**mesh, ep_implementation="planc") if mesh else None
    with outside_of_fsdp(sharding) as unshared:
        model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32, distributed_config=sharding)
    manage(model, unshared)
    attached = attaching(model, spec["lora"], seed=0)
    model.train()
    if spec.get("recompute") == "full":
        model.gradient_checkpointing_enable({"use_reentrant": False})
    apply_recompute(model, spec.get("recompute", "none"))
    adapter, own_start = trainable(model), own_layout(attached, start)
    assert adapter.keys() == own_start.keys(), sorted(adapter.keys() ^ own_start.keys())[:4]
    set_values(adapter, own_start)
    distinct = mesh.get("dp_replicate_size", 1) * mesh.get("fsdp_size", 1)
    rank = int(os.environ.get("RANK", "0"))
    tokens = micro_batches(spec, model.config.get_text_config().vocab_size)[rank]
    products = count_products()
    loss = loss_of(model, tokens)
    loss.backward()
    answer = {"loss": mean(loss), "products": len(products)}
    expected: dict[str, torch.Tensor] = {}
    for number in range(distinct):
        for name, gradient in own_layout(attached, load_file(folder / f"gradients-{number}.safetensors")).items():
            expected[name] = expected.get(name, 0) + gradient / distinct
    losses = json.loads((folder / "losses.json").read_text())
    answer["expected"] = sum(losses[:distinct]) / distinct
    average_dense(adapter)
    answer |= worst({name: whole(parameter.grad) for name, parameter in adapter.items()}, expected)
    answer["others"] = [
        name for name, parameter in model.named_parameters() if parameter.grad is not None and name not in adapter
    ]
    if distinct in spec["steps"]:
        optimizers, curve = optimizers_of(model), []
        for _ in range(STEPS):
            model.zero_grad()
            loss = loss_of(model, tokens)
            loss.backward()
            average_dense(adapter)
            curve.append(mean(loss))
            for optimizer in optimizers:
                optimizer.step()
        expected_curve = json.loads((folder / f"curve-{distinct}.json").read_text())
        answer["curve_difference"] = max(abs(a / b - 1) for a, b in zip(curve, expected_curve, strict=True))
        answer["moved"] = abs(curve[-1] / curve[0] - 1)
    answer |= saved(model, attached, tokens, folder)
    if rank == 0:
        print(json.dumps(answer), flush=True)
    if distributed.is_initialized():
        distributed.barrier()


def saved(model: torch.nn.Module, attached, tokens: torch.Tensor, folder: Path) -> dict:
    """Save the adapter; rank 0 compares it with the file of stock PEFT, and what PEFT makes of it with the sharded model."""
    from peft import PeftModel

    model.eval()
    with torch.no_grad():
        logits = whole(model(input_ids=tokens, use_cache=False).logits)
    tensors = attached.gather(model)
    if distributed.is_initialized() and distributed.get_rank() != 0:
        return {}
    output = folder / f"saved-{os.getpid()}"
    attached.write(output, tensors, base=str(folder / "model"), revision=None)
    stock = {
        name: list(tensor.shape) for name, tensor in load_file(folder / "adapter" / "adapter_model.safetensors").items()
    }
    own = {name: list(tensor.shape) for name, tensor in load_file(output / "adapter_model.safetensors").items()}
    configs = [json.loads((each / "adapter_config.json").read_text()) for each in (folder / "adapter", output)]
    for config in configs:
        del config["base_model_name_or_path"]  # the stock model was made and not loaded
        for name, value in config.items():
            config[name] = sorted(value) if isinstance(value, list) else value
    base = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    alone = PeftModel.from_pretrained(base, output).eval()
    with torch.no_grad():
        expected = alone(input_ids=tokens, use_cache=False).logits
    return {
        "names": sorted(own.keys() ^ stock.keys()),
        "shapes": [name for name in own.keys() & stock.keys() if own[name] != stock[name]],
        "config": [name for name in configs[0] if configs[0][name] != configs[1].get(name)],
        "logits_difference": (logits - expected).abs().max().item(),
        "logits": expected.abs().max().item(),
    }


def set_values(adapter: dict[str, torch.nn.Parameter], values: dict[str, torch.Tensor]) -> None:
    from planc_runtime.checkpoint.pieces import pieces_of

    for name, parameter in adapter.items():
        for piece in pieces_of(parameter.detach()):
            box = tuple(slice(at, at + size) for at, size in zip(piece.offsets, piece.values.shape, strict=True))
            piece.values.copy_(values[name][box])


def mean(loss: torch.Tensor) -> float:
    value = loss.detach().clone()
    if distributed.is_initialized():
        distributed.all_reduce(value)
        value /= distributed.get_world_size()
    return value.item()


def average_dense(adapter: dict[str, torch.nn.Parameter]) -> None:
    """What the trainer does for parameters that FSDP does not cut."""
    if distributed.is_initialized():
        for parameter in adapter.values():
            if not isinstance(parameter, DTensor):
                distributed.all_reduce(parameter.grad)
                parameter.grad /= distributed.get_world_size()


def count_products() -> list[None]:
    """From now on each grouped product adds to the list."""
    calls: list[None] = []
    function = torch.nn.functional.grouped_mm

    def counted(*args, **kwargs):
        calls.append(None)
        return function(*args, **kwargs)

    torch.nn.functional.grouped_mm = counted
    return calls


def worst(found: dict, expected: dict) -> dict:
    floor = NOISE * torch.stack([tensor.norm() for tensor in expected.values()]).norm().item()
    differences = {
        name: (found[name] - tensor).norm().item() / max(tensor.norm().item(), floor)
        for name, tensor in expected.items()
    }
    name = max(differences, key=lambda each: differences[each])
    smallest = min(tensor.norm().item() for tensor in expected.values())
    return {"gradient": name, "gradient_difference": differences[name], "smallest": smallest}


def main() -> None:
    spec = json.loads(sys.argv[1])
    reference(spec) if spec["stage"] == "reference" else ranks(spec)


main()
