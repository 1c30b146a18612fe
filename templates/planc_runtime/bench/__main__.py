"""
Measure training steps of a plan's model, cut to a few layers, in each way of placing its experts.

    python -m planc_runtime.bench plan.lock.json [--layers N] [--config FILE] [--cpu] ...

Each variant runs in processes of its own, one after another: FSDP alone, the stock stack's expert parallelism, planc's.
Needs torch, transformers and TRL. Exits with 0; with 2 when nothing could be measured; with 4 when --check finds that
variants disagree or that one has no figures.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from planc_runtime.bench.config import cut_config
from planc_runtime.bench.machine import look, versions
from planc_runtime.bench.report import compare, divide, figures_of, heading, table
from planc_runtime.bench.variants import VARIANTS
from planc_runtime.errors import UserError
from planc_runtime.forked import run_ranks
from planc_runtime.paths import of_plan
from planc_runtime.recompute import RECOMPUTE

# Where the package lies that this file is of.
PACKAGE = Path(__file__).resolve().parents[2]


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m planc_runtime.bench", allow_abbrev=False)
    parser.add_argument("lock", type=Path, help="the bundle's plan.lock.json")
    parser.add_argument("--config", type=Path, help="the model's config.json (default: the plan's checkpoint's)")
    parser.add_argument("--changes", type=Path, help="keys to change in it, as planc bench --toy writes them")
    parser.add_argument("--layers", type=_layers, default=8, help="layers to keep, or all (default: %(default)s)")
    parser.add_argument("--sequence", type=_count, default=4096, help="tokens of a sequence (default: %(default)s)")
    parser.add_argument("--batch", type=_count, default=4, help="sequences a GPU and step (default: %(default)s)")
    parser.add_argument("--steps", type=_count, default=8, help="steps to measure (default: %(default)s)")
    parser.add_argument("--warmup", type=_count, default=3, help="steps before those (default: %(default)s)")
    parser.add_argument("--variants", type=_variants, help="such as fsdp,stock,planc (default: all)")
    parser.add_argument("--recompute", choices=RECOMPUTE, default="full", help="default: %(default)s")
    parser.add_argument("--parameters", choices=("float32", "bfloat16"), help="instead of the plan's precision")
    parser.add_argument("--no-optimizer", action="store_true", help="forward and backward alone")
    parser.add_argument(
        "--balance", action="store_true", help="choices of experts as a trained model's, in place of skewed ones"
    )
    parser.add_argument("--no-liger", action="store_true", help="norms and rotary positions in plain torch")
    parser.add_argument("--ranks", type=_count, help="processes (default: one a GPU; 2 with --cpu)")
    parser.add_argument("--ep", type=_count, help="ep_size (default: the plan's, as far as the ranks allow)")
    parser.add_argument("--peak-tflops", type=float, help="of a GPU in bfloat16, for MFU (default: the plan's GPU)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=_count, default=600, help="seconds a variant may take (default: %(default)s)")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="write each variant's kernel times there")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep the ranks' logs there")
    parser.add_argument("--json", metavar="FILE", help="write what was measured there, - for standard output")
    parser.add_argument(
        "--check", action="store_true", help="exit with 4 where variants disagree, or one has no figures"
    )
    parser.add_argument("--cpu", action="store_true", help="on CPU processes in float32: a test of the bench itself")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _layers(text: str) -> int | None:
    """None for all of them."""
    return None if text == "all" else _count(text)


def _variants(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in VARIANTS]
    if unknown or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of {', '.join(VARIANTS)}, each once")
    return names


def main() -> None:
    arguments = parser().parse_args()
    try:
        sys.exit(bench(arguments))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def bench(arguments: argparse.Namespace) -> int:
    lock = _read_json(arguments.lock)
    if lock.get("version") != 1 or "mesh" not in lock:
        raise UserError(f"{arguments.lock} is no plan.lock.json of version 1")
    if arguments.cpu:
        os.environ |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    machine = versions() if arguments.cpu else look()
    spec = _spec(arguments, lock, _config(arguments, lock), machine)
    is_quiet = arguments.json == "-"
    if not is_quiet:
        print(heading(spec, machine), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        logs = arguments.logs or folder / "logs"
        variants = {}
        for name in arguments.variants or _possible(lock):
            variants[name] = _run(name, spec, folder, logs / name, seconds=arguments.timeout, cpu=arguments.cpu)
            failure = variants[name].get("failure")
            print(f"{name}: {failure or 'measured'}", file=sys.stderr, flush=True)
    report = {"version": 1, "machine": machine, "options": {**spec, "config": None}, "variants": variants}
    measured = [name for name, figures in variants.items() if "failure" not in figures]
    report["reference"] = measured[0] if measured else None
    divide(variants)
    report["agreement"] = {
        name: compare(variants[name], variants[measured[0]], compute=spec["compute"]) for name in measured[1:]
    }
    if not is_quiet:
        print("\n" + table(report, spec), flush=True)
    for figures in variants.values():
        figures.pop("gradient_norms", None)
    text = json.dumps(report, indent=2)
    if is_quiet:
        print(text)
    elif arguments.json is not None:
        Path(arguments.json).write_text(text + "\n", encoding="utf-8")
    if not measured:
        return 2
    is_sound = len(measured) == len(variants) and all(each["agrees"] for each in report["agreement"].values())
    return 4 if arguments.check and not is_sound else 0


def _run(name: str, spec: dict[str, Any], folder: Path, logs: Path, *, seconds: int, cpu: bool) -> dict[str, Any]:
    """The figures of a variant, or `{"failure": "why"}`."""
    variant = VARIANTS[name]
    if variant.module is not None and importlib.util.find_spec(variant.module) is None:
        return {"failure": f"not available: this bundle has no {variant.module}"}
    if name not in spec["possible"]:
        return {"failure": "the stock stack's expert parallelism computes experts without their adapters"}
    if variant.ep_implementation is not None and spec["ep_size"] == 1:
        return {"failure": "needs an ep_size above 1 that divides the ranks; give it with --ep"}
    file = folder / "spec.json"
    file.write_text(json.dumps(spec), encoding="utf-8")
    module = "planc_runtime.bench.rank"

    def work() -> None:
        if not cpu:
            os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PACKAGE), os.environ.get("PYTHONPATH"))))
            os.execv(sys.executable, [sys.executable, "-m", module, str(file), name])
        # Forked ranks share what this process has imported.
        from planc_runtime.bench import rank

        sys.argv = [module, str(file), name]
        rank.main()

    if cpu:
        importlib.import_module(module)
    failure = run_ranks(spec["world_size"], work, folder=logs, seconds=seconds)
    if failure is not None:
        return {"failure": f"rank {failure.rank}: {failure.message.removeprefix('error: ')}"}
    return figures_of(folder, name, spec) | _notes(logs / "rank-0.log")


def _notes(log: Path) -> dict[str, list[str]]:
    """What a dispatcher says of itself: that it leaves the work to another, say."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    notes = [line for line in lines if line.startswith("ep_implementation ")]
    return {"notes": notes} if notes else {}


def _possible(lock: dict[str, Any]) -> list[str]:
    """The variants that can train what the plan does."""
    pairs = (lock.get("adapters") or {"pairs": []})["pairs"]
    return [name for name in VARIANTS if name != "stock" or all(pair["experts"] is None for pair in pairs)]


def _spec(
    arguments: argparse.Namespace, lock: dict[str, Any], config: dict[str, Any], machine: dict[str, Any]
) -> dict[str, Any]:
    """Everything that a rank has to know."""
    world = arguments.ranks or (2 if arguments.cpu else machine["gpus"])
    if not arguments.cpu and world > machine["gpus"]:
        raise UserError(f"{world} ranks need as many GPUs, and {machine['gpus']} can be seen; --cpu runs without")
    if world < 2:
        raise UserError(f"the bench needs 2 GPUs or more, and {machine['gpus']} can be seen")
    ep_size = arguments.ep or math.gcd(world, lock["plan"]["parallelism"]["ep_size"])
    if arguments.ep is None and ep_size == 1:
        ep_size = world
    if world % ep_size or lock["model"]["num_experts"] % ep_size:
        raise UserError(f"ep_size {ep_size} does not divide {world} ranks and {lock['model']['num_experts']} experts")
    whole = config["num_hidden_layers"]
    layers = min(arguments.layers or whole, whole)
    precision = lock["plan"]["precision"]
    parameters = arguments.parameters or precision["parameters"]
    compute = precision["compute"]
    if arguments.cpu:
        parameters = compute = "float32"
    if lock.get("lora") is not None:
        # A frozen base is loaded as it is computed.
        parameters = compute
    gpu = lock["plan"]["cluster"]["gpu"]
    peak = arguments.peak_tflops * 1e12 if arguments.peak_tflops else gpu.get("peak_flops")
    return {
        "config": cut_config(config, layers=layers),
        "layers": layers,
        "whole_layers": whole,
        "architecture": lock["model"]["architecture"],
        "flops_per_token": lock["model"]["flops_per_token"],
        "attn_implementation": lock["plan"]["model"]["attn_implementation"],
        "lora": lock.get("lora"),
        "possible": _possible(lock),
        "autocast": lock.get("lora") is not None and compute == "bfloat16",
        "ep_plan": lock["engine"]["base_model_ep_plan"],
        "world_size": world,
        "ep_size": ep_size,
        "dtype": parameters,
        "compute": compute,
        "mixed_precision": compute == "bfloat16" and (precision["reduce"] == "float32" or parameters == "float32"),
        "sequence": arguments.sequence,
        "batch": arguments.batch,
        "steps": arguments.steps,
        "warmup": arguments.warmup,
        "recompute": arguments.recompute,
        "optimizer": not arguments.no_optimizer,
        "liger": not arguments.no_liger,
        "balance": arguments.balance,
        "seed": arguments.seed,
        "profile": None if arguments.profile is None else str(arguments.profile.resolve()),
        "peak_flops": peak,
        "peak_from": "as given" if arguments.peak_tflops else f"the plan's {gpu['name']}",
    }


def _config(arguments: argparse.Namespace, lock: dict[str, Any]) -> dict[str, Any]:
    """The model's config.json: the file that is given, or the one of the plan's checkpoint."""
    if arguments.config is not None:
        config = _read_json(arguments.config)
    else:
        from transformers import PreTrainedConfig

        checkpoint = of_plan(lock["plan"]["model"]["checkpoint"])
        try:
            config, _ = PreTrainedConfig.get_config_dict(checkpoint, revision=lock["plan"]["model"]["revision"])
        except (OSError, ValueError) as error:
            message = f"cannot read the config.json of {checkpoint}: {str(error).splitlines()[0]}"
            raise UserError(f"{message}; give the file with --config") from error
    if arguments.changes is not None:
        toy = _read_json(arguments.changes)
        config = {name: value for name, value in (config | toy["changes"]).items() if name not in toy["without"]}
    if config.get("model_type") != lock["model"]["model_type"]:
        raise UserError(f"the config is of a {config.get('model_type')}, the plan of a {lock['model']['model_type']}")
    return config


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{file} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{file} holds no object")
    return found


if __name__ == "__main__":
    main()
