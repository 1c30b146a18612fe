"""A checkpoint's tensors against the lock, from their headers: what `planc check` says on a laptop, said on the machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from planc_runtime.safetensors import Tensor

# Formats of weights that the loader casts to what the optimizer updates.
FLOATS = ("F32", "F16", "BF16", "F64")

# Numbers that share a scale in mxfp4, two to a byte.
BLOCK = 32

# Methods that always leave their marks in the names or formats of the weights.
MARKING = ("fp8", "fbgemm_fp8", "awq", "gptq", "bitsandbytes", "compressed-tensors")


class Expected(NamedTuple):
    """A stored tensor that the plan counts on: its shape, and whether the model does without it."""

    shape: tuple[int, ...]
    optional: bool


def expected_tensors(lock: Mapping[str, Any]) -> dict[str, Expected]:
    """Every tensor that the plan's checkpoint stores, by name; those that are tied to another are optional."""
    model = lock["model"]
    sources = {tensor["tied"] for tensor in model["tensors"] if "tied" in tensor}
    is_turned = lock["export"]["layouts"].get(model["layout"], {}).get("turned", False)
    expected = {}
    for tensor in model["tensors"]:
        is_optional = "tied" in tensor or tensor["name"] in sources
        for part, template in enumerate(tensor["stored"] or [tensor["name"]]):
            shape = stored_shape(tensor, template, part, layout=model["layout"])
            if is_turned and tensor["kind"] == "expert" and len(shape) == 3:
                shape = (shape[0], shape[2], shape[1])
            for layer in tensor["layers"] or [0]:
                name = template.replace("{layer}", str(layer))
                experts = range(model["num_experts"]) if "{expert}" in name else [0]
                for expert in experts:
                    expected[name.replace("{expert}", str(expert))] = Expected(shape, is_optional)
    return expected


def stored_shape(tensor: Mapping[str, Any], template: str, part: int, *, layout: str) -> tuple[int, ...]:
    """The shape of one of the tensors that a parameter is stored as; `tensor["shape"]` is that in memory."""
    shape = tuple(tensor["shape"])
    if tensor["kind"] != "expert" or len(shape) != 3:
        return shape
    experts, rows, columns = shape
    if layout == "mxfp4":
        scales = (experts, columns, -(-rows // BLOCK))
        return scales if part else (*scales, BLOCK // 2)
    if len(tensor["stored"]) == 2:
        rows //= 2
    return (rows, columns) if "{expert}" in template else (experts, rows, columns)


def differences(lock: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Iterator[str]:
    """What of the plan's checkpoint is missing, has another shape, or is read by nothing; a sentence for each kind."""
    expected = expected_tensors(lock)
    aliases = {
        tensor["name"].replace("{layer}", str(layer)): tensor["stored"][0].replace("{layer}", str(layer))
        for tensor in lock["model"]["tensors"]
        if tensor["kind"] != "expert" and tensor["stored"]
        for layer in tensor["layers"] or [0]
    }
    is_bare = not any(name.startswith("model.") for name in tensors)
    found: dict[str, str] = {}
    unread = []
    for name in tensors:
        known = next((each for each in spellings(name, aliases, is_bare=is_bare) if each in expected), None)
        if known is not None:
            found[known] = name
        elif not is_passed_over(name, lock):
            unread.append(name)
    missing = [name for name, each in expected.items() if name not in found and not each.optional]
    missing += [
        tensor["tied"]
        for tensor in lock["model"]["tensors"]
        if "tied" in tensor and not {tensor["name"], tensor["tied"]} & set(found)
    ]
    if missing:
        yield f"{some(missing)} {are(missing)} missing"
    wrong = [known for known, name in found.items() if tensors[name].shape != expected[known].shape]
    if wrong:
        shape, wanted = list(tensors[found[wrong[0]]].shape), list(expected[wrong[0]].shape)
        more = f", and {len(wrong) - 1:,} more have other shapes" if len(wrong) > 1 else ""
        yield f"{wrong[0]} is {shape}; by the plan it is {wanted}{more}"
    if unread:
        yield f"nothing in the model reads {some(unread)}"


def spellings(name: str, aliases: Mapping[str, str], *, is_bare: bool) -> Iterator[str]:
    """The names under which transformers takes a stored tensor: it adds `model.`, or takes it off."""
    for each in (name, f"model.{name}", name.removeprefix("model.")):
        if "experts." in each and each != name and not is_bare:
            continue
        yield each
        yield aliases.get(each, each)


def is_passed_over(name: str, lock: Mapping[str, Any]) -> bool:
    """Whether transformers leaves a tensor out without a word: old buffers, and heads that predict further tokens."""
    if lock["model"].get("towers"):
        return True  # the loader says what no part reads
    layer = re.match(r"model\.layers\.(\d+)\.", name)
    return "rotary_emb.inv_freq" in name or (
        layer is not None and int(layer[1]) in lock["model"].get("unread_layers", ())
    )


def odd_formats(names: Iterable[str], tensors: Mapping[str, Tensor]) -> Iterator[str]:
    """Weights in a format that holds none, which the loader would cast as they stand."""
    odd = [
        name
        for name in names
        if tensors[name].dtype not in FLOATS
        and not (tensors[name].dtype == "U8" and name.endswith(("_blocks", "_scales")))
        and not (tensors[name].dtype.startswith("F8_") and f"{name}_scale_inv" in tensors)
    ]
    if odd:
        more = f", as {len(odd) - 1:,} more" if len(odd) > 1 else ""
        yield f"{odd[0]} is stored as {tensors[odd[0]].dtype}{more}; the loader would take its numbers as they stand"


def quantised(tensors: Mapping[str, Tensor]) -> str | None:
    """By what method the weights are stored, whatever config.json says; None for plain numbers."""
    for method, marks in (
        ("4-bit integers", (".qweight", ".qzeros")),
        ("compressed-tensors", (".weight_packed",)),
        ("bitsandbytes", (".SCB", ".absmax", ".quant_map")),
        ("mxfp4", ("_blocks",)),
        ("fp8", ("_scale_inv",)),
    ):
        if any(name.endswith(marks) for name in tensors):
            return method
    return "fp8" if any(tensor.dtype.startswith("F8_E") for tensor in tensors.values()) else None


def leftover(method: str | None, tensors: Mapping[str, Tensor]) -> str | None:
    """Why config.json's `quant_method` is not true of the weights."""
    dtypes = sorted({tensor.dtype for tensor in tensors.values()})
    if method not in MARKING or quantised(tensors) is not None or not set(dtypes) <= set(FLOATS):
        return None
    return f"config.json claims {method}, but the weights are plain {' and '.join(dtypes)}"


def some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


def are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
