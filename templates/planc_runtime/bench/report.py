"""What the ranks of each variant measured, put together, compared and printed."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any

from planc_runtime.metrics.load import load_of

# Relative. Two variants disagree beyond these: sums are taken in another order, in the format that is computed in.
TOLERANCES = {
    "float32": {"loss": 1e-5, "gradient": 1e-4},
    "bfloat16": {"loss": 2e-3, "gradient": 3e-2},
}
# A gradient that is this small beside the whole is noise; its difference is measured against this instead.
NOISE = 1e-3
# Steps whose losses are compared: later ones drift apart, as routing follows the last bit.
COMPARED = 3


def figures_of(folder: Path, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The figures of a variant. Time is that of the slowest rank in each step, memory that of the fullest."""
    ranks = [json.loads((folder / f"{name}-{rank}.json").read_text()) for rank in range(spec["world_size"])]
    seconds = [max(step) for step in zip(*(rank["seconds"] for rank in ranks), strict=True)]
    median = statistics.median(seconds)
    tokens = spec["batch"] * spec["sequence"]
    flops = ranks[0]["flops"]
    losses = [statistics.fmean(step) for step in zip(*(rank["losses"] for rank in ranks), strict=True)]
    squares = {key: sum(rank["gradients"][key] for rank in ranks) for key in ranks[0]["gradients"]}
    chosen = {
        layer: [sum(each) for each in zip(*(rank["chosen"][layer] for rank in ranks), strict=True)]
        for layer in ranks[0]["chosen"]
    }
    figures = {
        "tokens_per_second_per_gpu": tokens / median,
        "step_seconds": {"median": median, "min": min(seconds), "max": max(seconds), "all": seconds},
        "all_to_all_bytes": round(statistics.fmean(rank["all_to_all"]["bytes"] for rank in ranks)),
        "all_to_all_calls": ranks[0]["all_to_all"]["calls"],
        "expert_load": load_of(chosen),
        "flops_per_token": flops["matrices"] + flops["attention"],
        "parameters": ranks[0]["parameters"],
        "device": ranks[0]["device"],
        "liger": ranks[0]["liger"],
        "losses": losses,
        "gradient_norm": math.sqrt(sum(squares.values())),
        "gradient_norms": {key: math.sqrt(value) for key, value in squares.items()},
    }
    if ranks[0]["memory"]:
        figures["memory"] = {key: max(rank["memory"][key] for rank in ranks) for key in ranks[0]["memory"]}
    if spec["peak_flops"] is not None and figures["device"] != "CPU":
        achieved = figures["tokens_per_second_per_gpu"] * figures["flops_per_token"]
        figures["mfu"] = achieved / spec["peak_flops"]
    return figures


def divide(variants: dict[str, dict[str, Any]]) -> None:
    """Give each variant its tokens/s over those of FSDP alone, which is what a user would otherwise take."""
    base = variants.get("fsdp", {}).get("tokens_per_second_per_gpu")
    for figures in variants.values():
        if base is not None and "failure" not in figures:
            figures["ratio_to_fsdp"] = figures["tokens_per_second_per_gpu"] / base


def compare(found: dict[str, Any], other: dict[str, Any], *, compute: str) -> dict[str, Any]:
    """How far the first losses and the first step's gradients of a variant are from another's, relative."""
    pairs = list(zip(found["losses"], other["losses"], strict=True))[:COMPARED]
    loss = max(_apart(value, expected) for value, expected in pairs)
    norms, expected = found["gradient_norms"], other["gradient_norms"]
    floor = NOISE * other["gradient_norm"]
    apart = {
        name: abs(norms.get(name, 0.0) - norm) / max(norm, floor)
        for name, norm in expected.items()
        if math.isfinite(norm) and math.isfinite(norms.get(name, 0.0))
    }
    worst = max(apart, key=lambda name: apart[name], default="")
    gradient = apart.get(worst, math.inf) if len(apart) == len(expected) == len(norms) else math.inf
    tolerance = TOLERANCES[compute]
    return {
        "loss": loss,
        "gradient": gradient,
        "parameter": worst,
        "gradient_norm": _apart(found["gradient_norm"], other["gradient_norm"]),
        "agrees": loss <= tolerance["loss"] and gradient <= tolerance["gradient"],
    }


def _apart(value: float, expected: float) -> float:
    difference = abs(value - expected) / abs(expected) if expected else math.inf
    return difference if math.isfinite(difference) else math.inf


def heading(spec: dict[str, Any], machine: dict[str, Any]) -> str:
    """What is measured, in three lines."""
    config = spec["config"]
    optimizer = "AdamW" if spec["optimizer"] else "no optimizer"
    return f"""\
{config["model_type"]}: {config["num_hidden_layers"]} of {spec["whole_layers"]} layers, random weights, seed {spec["seed"]}
{spec["world_size"]} x {machine["device"]}, torch {machine["torch"]}, transformers {machine["transformers"]}; \
{spec["dtype"]} parameters, {spec["compute"]} compute
{spec["batch"]} x {spec["sequence"]:,} tokens a GPU, recompute {spec["recompute"]}, {optimizer}, {"balanced" if spec["balance"] else "skewed"} routing; \
median of {spec["steps"]} steps after {spec["warmup"]}"""


def table(report: dict[str, Any], spec: dict[str, Any]) -> str:
    """A row a variant, or the reason that it has no figures; then how far they are from the first."""
    head = f"{'variant':8} {'tokens/s/GPU':>12} {'x fsdp':>6} {'step':>10} {'fastest..slowest':>20} {'allocated/reserved':>18}"
    rows = [f"{head} {'all-to-all':>11} {'MFU':>7} {'loss':>9}"]
    for name, figures in report["variants"].items():
        if "failure" in figures:
            rows.append(f"{name:8} {figures['failure']}")
            continue
        step = figures["step_seconds"]
        memory = figures.get("memory")
        gib = f"{memory['allocated'] / 2**30:.1f}/{memory['reserved'] / 2**30:.1f} GiB" if memory else "-"
        megabytes = f"{figures['all_to_all_bytes'] / 1e6:,.1f} MB" if figures["all_to_all_bytes"] else "-"
        mfu = f"{figures['mfu']:.1%}" if "mfu" in figures else "-"
        ratio = f"{figures['ratio_to_fsdp']:.2f}" if "ratio_to_fsdp" in figures else "-"
        spread = f"{1000 * step['min']:.1f}..{1000 * step['max']:.1f} ms"
        rows.append(
            f"{name:8} {figures['tokens_per_second_per_gpu']:12,.0f} {ratio:>6} {1000 * step['median']:7,.1f} ms {spread:>20}"
            f" {gib:>18} {megabytes:>11} {mfu:>7} {figures['losses'][0]:9.5f}"
        )
    for name, figures in report["variants"].items():
        rows += [f"{name}: {note}" for note in figures.get("notes", [])]
    for name, other in report["agreement"].items():
        verdict = "agrees with" if other["agrees"] else "DISAGREES with"
        rows.append(
            f"{name} {verdict} {report['reference']}: losses differ by {other['loss']:.1e},"
            f" the gradient by {other['gradient_norm']:.1e}, most in {other['parameter']} by {other['gradient']:.1e}"
        )
    measured = [figures for figures in report["variants"].values() if "failure" not in figures]
    if measured:
        load = max(measured[0]["expert_load"].values(), default=1.0)
        rows.append(f"{measured[0]['flops_per_token'] / 1e9:.2f} GFLOP a token, forward and backward; {_peak(spec)}")
        norms = "Liger" if measured[0]["liger"] else "plain torch"
        rows.append(f"norms and rotary positions by {norms}; the fullest expert has {load:.2f} times the mean's tokens")
    return "\n".join(rows)


def _peak(spec: dict[str, Any]) -> str:
    if spec["peak_flops"] is None:
        return "no MFU without the GPU's peak: give it with --peak-tflops"
    return f"MFU of {spec['peak_flops'] / 1e12:,.0f} TFLOP/s, {spec['peak_from']}"
