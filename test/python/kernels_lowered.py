"""
What Triton makes of the kernels for each generation of GPUs, without one: every shape that tuning tries compiles, bfloat16
rows are read and written 16 bytes a thread, and nothing is atomic.
"""

import re
import tempfile
from functools import partial

import triton
from kernels_cases import run
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from planc_runtime.kernels.compiled import (
    counting,
    dotting,
    gate_backward,
    gate_forward,
    gathering,
    ordering,
    picking,
    summing,
)
from planc_runtime.kernels.compiled.choice_tiles import COLUMNS, PART, block_of
from planc_runtime.kernels.compiled.routing import ADDED
from planc_runtime.kernels.compiled.tuning import ROUNDED

TYPES = {
    **dict.fromkeys(("index", "experts"), "*i32"),
    **dict.fromkeys(("weights", "dots", "into_weights"), "*fp32"),
    **dict.fromkeys(("alpha", "limit"), "fp32"),
    **dict.fromkeys(("first", "second", "out", "grad", "rows", "into_rows", "bias"), "*rows"),
}
FLAGS = {
    "is_aligned": True,
    "has_weights": True,
    "has_limit": True,
    "has_bias": False,
    "is_gated": True,
    "num_slots": 8,
}


def compiled(kernel, config, *, columns: int, capability: int, dtype: str, **constants) -> str:
    """The PTX of a kernel as it is launched for rows of `columns`, a multiple of 16 in aligned tensors."""
    constants |= {name: value for name, value in FLAGS.items() if name not in constants}
    constants |= config.kwargs
    signature, known, aligned = {}, {}, {}
    for place, parameter in enumerate(kernel.fn.params):
        name = parameter.name
        if parameter.is_constexpr or (name in ("bias", "experts") and not constants["has_bias"]):
            signature[name], known[name] = "constexpr", constants.get(name)
            continue
        signature[name] = TYPES.get(name, "i32").replace("rows", dtype)
        if not parameter.do_not_specialize and signature[name] != "fp32":
            aligned[(place,)] = [["tt.divisibility", 16]]
    source = ASTSource(kernel.fn, signature, known, aligned)
    options = {"num_warps": config.num_warps, **ROUNDED}
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options).asm["ptx"]


def check(kernel, *, columns: int, capability: int, dtype: str = "bf16", all_shapes: bool = False, **constants) -> None:
    shapes = kernel.early_config_prune(kernel.configs, {"columns": columns})
    assert shapes
    for config in shapes if all_shapes else shapes[-1:]:
        ptx = compiled(kernel, config, columns=columns, capability=capability, dtype=dtype, **constants)
        assert not re.search(r"\b(atom|red)\.", ptx), "atomics"
        widths = re.findall(r"\b(ld|st)\.global[.\w:]*?((?:\.v\d)?\.b\d+)", ptx)
        assert {("ld", ".v4.b32"), ("st", ".v4.b32")} <= set(widths) or kernel is dotting.dot, (config, set(widths))
        assert ("ld", ".v4.b32") in widths, (config, set(widths))
        assert not [width for _, width in widths if width in (".b16", ".b8")], (config, set(widths))


def check_choices(kernel, *, capability: int, ranks: int, local: int, choices: int) -> None:
    block, padded = block_of(choices)
    known = {
        "num_ranks": ranks,
        "num_local": local,
        "num_columns": ranks * (local + 1),
        "num_choices": choices,
        "padded": padded,
        "padded_ranks": triton.next_power_of_2(ranks),
        "padded_local": triton.next_power_of_2(local),
        "block": picking.BLOCK if kernel is picking.pick else block,
        "block_columns": COLUMNS,
        "block_rows": ADDED,
        "part": PART,
        "has_totals": True,
        "has_returned": True,
    }
    wide = {"chosen", "received", "sizes", "totals", *(("experts",) if kernel is counting.count_choices else ())}
    signature, constants = {}, {}
    for parameter in kernel.params:
        name = parameter.name
        if parameter.is_constexpr:
            signature[name], constants[name] = "constexpr", known[name]
        elif parameter.do_not_specialize:
            signature[name] = "i32"
        else:
            signature[name] = "*i64" if name in wide else CHOICE_TYPES.get(name, "*i32")
    if kernel is picking.pick:
        signature["weights"] = "*fp32"
    source = ASTSource(kernel, signature, constants)
    compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32))
    assert not re.search(r"\b(atom|red)\.", compiled.asm["ptx"]), "atomics"


# Routing weights as most routers give them.
CHOICE_TYPES = {
    "visits": "*i16",
    **dict.fromkeys(("weights", "picked"), "*bf16"),
    **dict.fromkeys(("assignment_weights", "returned"), "*fp32"),
}
GPT_OSS = {"kind": "swiglu_oai", "has_bias": True, "is_interleaved": True}
SILU = {"kind": "silu", "has_limit": False, "is_interleaved": False}
KERNELS = {
    "gather": partial(check, gathering.gather, columns=2048),
    "sum": partial(check, summing.sum_picked, columns=2048),
    "dot": partial(check, dotting.dot, columns=2048),
    "gate": partial(check, gate_forward.gate_forward, columns=768, **SILU),
    "gate of gpt_oss": partial(check, gate_forward.gate_forward, columns=2880, **GPT_OSS),
    "gate backward": partial(check, gate_backward.gate_backward, columns=768, **SILU),
    "gate backward of gpt_oss": partial(check, gate_backward.gate_backward, columns=2880, **GPT_OSS),
}
cases = {
    f"{name} on sm_{capability}": partial(case, capability=capability)
    for name, case in KERNELS.items()
    for capability in (80, 100)
}
for name, case in KERNELS.items():
    cases[f"{name} on sm_90, all shapes"] = partial(case, capability=90, all_shapes=True)

for kernel in (
    counting.count_choices,
    counting.count_received,
    counting.add_up,
    counting.total,
    ordering.order_sent,
    ordering.order_assignments,
    picking.pick,
):
    for capability in (80, 90, 100):
        sizes = {80: (2, 64, 8), 90: (16, 32, 10), 100: (1, 512, 4)}[capability]
        shape = dict(zip(("ranks", "local", "choices"), sizes, strict=True))
        case = partial(check_choices, kernel, capability=capability, **shape)
        cases[f"{kernel.__name__} on sm_{capability}"] = case

with tempfile.TemporaryDirectory() as folder:
    triton.knobs.cache.dir = folder
    run(cases)
