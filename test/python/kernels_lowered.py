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

from planc_runtime.kernels.compiled import dotting, gate_backward, gate_forward, gathering, summing
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

with tempfile.TemporaryDirectory() as folder:
    triton.knobs.cache.dir = folder
    run(cases)
