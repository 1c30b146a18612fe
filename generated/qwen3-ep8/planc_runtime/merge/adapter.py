"""A trained adapter as PEFT stores it, compared with what the plan trains before any of it is used."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch

from planc_runtime.errors import UserError
from planc_runtime.export.table import Span
from planc_runtime.parts.base import read_bytes
from planc_runtime.preflight.weights import some
from planc_runtime.safetensors import CheckpointError, Tensor, read_header

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
# In the metadata of the weights: `Weights.fingerprint` of the base; files of PEFT alone have none.
FINGERPRINT = "planc_base"
# Formats of the factors; PEFT computes in float32 whatever they are stored in.
READ = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
# Options that make a delta of something else than the product of both factors, or change what it is added to.
OTHERS = (
    *(
        "use_dora",
        "use_qalora",
        "use_bdlora",
        "lora_bias",
        "fan_in_fan_out",
        "modules_to_save",
        "trainable_token_indices",
    ),
    *("alora_invocation_tokens", "arrow_config", "velora_config", "monteclora_config", "kasa_config"),
)
# Of a row of the lock's `adapters.pairs`.
OF_A_ROW = ("r", "scaling", "experts", "in_features", "out_features", "transposed")
# How many pairs are held at a time; the threads of an export work on neighbours.
HELD = 2


class Pair(NamedTuple):
    """
    The factors of one parameter in one layer, as the lock's `adapters.pairs` has them.

    Attributes:
        stored: what the names of both begin with.
        experts: that are stacked in it; None for a matrix.
        transposed: whether the parameter has its inputs as rows.
    """

    stored: str
    r: int
    scaling: float
    experts: int | None
    in_features: int
    out_features: int
    transposed: bool

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """As they are stored, by name."""
        rank = self.r * (self.experts or 1)
        return {
            f"{self.stored}.lora_A.weight": (rank, self.in_features),
            f"{self.stored}.lora_B.weight": (self.out_features, rank),
        }


@dataclass
class Adapter:
    """
    An adapter folder.

    Attributes:
        pairs: by the name in memory of the parameter that they are added to.
        digests: SHA-256 of both files.
        base: the name of the model that it was trained on, as it was then called.
        fingerprint: of that model; None where another program than planc has written the adapter.
    """

    folder: Path
    pairs: dict[str, Pair]
    digests: dict[str, str]
    base: str | None
    fingerprint: str | None
    _tensors: Mapping[str, Tensor]
    _held: OrderedDict[str, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def read(cls, folder: Path, lock: Mapping[str, Any]) -> Adapter:
        """
        Look at the options, at names and shapes, and read the file once for its digest.

        Raises:
            UserError: it is no adapter, is damaged, or not what the plan trains.
        """
        config = _read_config(folder)
        pairs = dict(_pairs(lock))
        _check_options(folder, config, pairs)
        path = folder / WEIGHTS
        try:
            tensors = read_header(path).tensors
            digests = {name: _digest(folder / name) for name in (CONFIG, WEIGHTS)}
            fingerprint = _metadata(path).get(FINGERPRINT)
        except CheckpointError as error:
            raise UserError(f"the adapter in {folder} is damaged: {error}") from error
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror or error}") from error
        _check_tensors(path, tensors, pairs)
        base = config.get("base_model_name_or_path")
        return cls(folder, pairs, digests, base if isinstance(base, str) else None, fingerprint, tensors)

    def factors(self, parameter: str) -> tuple[torch.Tensor, torch.Tensor]:
        """
        Both factors in float32: `a_RM` and `b_NR` of a matrix, `a_ERM` and `b_ENR` of stacked experts.

        Raises:
            UserError: the file has become shorter.
        """
        with self._lock:
            if parameter in self._held:
                return self._held[parameter]
            pair = self.pairs[parameter]
            first, second = (self._read(name) for name in pair.shapes)
            if pair.experts is not None:
                first = first.view(pair.experts, pair.r, pair.in_features)
                # PEFT counts experts fastest in the columns of lora_B, and slowest in the rows of lora_A.
                second = second.view(pair.out_features, pair.r, pair.experts).permute(2, 0, 1).contiguous()
            self._held[parameter] = first, second
            while len(self._held) > HELD:
                self._held.popitem(last=False)
            return first, second

    def _read(self, name: str) -> torch.Tensor:
        tensor = self._tensors[name]
        data = bytearray().join(read_bytes(Span(self.folder / WEIGHTS, tensor.begin, tensor.end - tensor.begin)))
        return torch.frombuffer(data, dtype=READ[tensor.dtype]).view(tensor.shape).float()


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    if not path.is_file():
        raise UserError(
            f"{folder} has no {CONFIG}: it is no adapter in PEFT's format; name the output folder of a run that has ended"
        )
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        kind = config.get("peft_type") if isinstance(config, dict) else None
        raise UserError(f"{path} is of an adapter of the kind {kind}; LORA can be merged")
    return config


def _pairs(lock: Mapping[str, Any]) -> Iterator[tuple[str, Pair]]:
    for row in lock["adapters"]["pairs"]:
        for layer in [None] if row["layers"] is None else row["layers"]:
            of, stored = (
                row[key] if layer is None else row[key].replace("{layer}", str(layer)) for key in ("of", "stored")
            )
            yield of, Pair(stored, **{name: row[name] for name in OF_A_ROW})


def _check_options(folder: Path, config: Mapping[str, Any], pairs: Mapping[str, Pair]) -> None:
    odd = next((name for name in OTHERS if config.get(name)), None)
    if odd is not None or config.get("bias", "none") != "none":
        raise UserError(f"{folder / CONFIG} has {odd or 'bias'}, which no plan trains")
    for parameter, pair in pairs.items():
        name = parameter if pair.experts is not None else parameter.removesuffix(".weight")
        try:
            r = _value_for(config.get("rank_pattern"), name) or config["r"]
            alpha = _value_for(config.get("alpha_pattern"), name) or config["lora_alpha"]
            scaling = alpha / (r**0.5 if config.get("use_rslora") else r)
        except (KeyError, TypeError, ZeroDivisionError, re.error) as error:
            raise UserError(f"{folder / CONFIG} does not say r and lora_alpha as PEFT does") from error
        if r != pair.r:
            raise UserError(
                f"the adapter in {folder} has r {r} on {name}, the plan's has {pair.r}: it is of another plan; name the lock of"
                " its own bundle with --lock"
            )
        if scaling != pair.scaling:
            raise UserError(
                f"the adapter in {folder} is scaled by {scaling:g} on {name} (lora_alpha {alpha}, r {r}), the plan's by"
                f" {pair.scaling:g}: it is of another plan; name the lock of its own bundle with --lock"
            )


def _value_for(patterns: object, name: str) -> Any:
    """What PEFT finds for a module: the first pattern that the end of its name matches."""
    found = (value for pattern, value in dict(patterns or {}).items() if re.match(rf"(.*\.)?({pattern})$", name))
    return next(found, None)


def _check_tensors(path: Path, tensors: Mapping[str, Tensor], pairs: Mapping[str, Pair]) -> None:
    wanted = {name: shape for pair in pairs.values() for name, shape in pair.shapes.items()}
    missing, surplus = sorted(wanted.keys() - tensors.keys()), sorted(tensors.keys() - wanted.keys())
    if missing:
        raise UserError(f"{path} lacks {some(missing)}: it is no whole adapter of this plan")
    if surplus:
        raise UserError(f"{path} holds {some(surplus)}, which this plan does not train")
    for name, shape in wanted.items():
        if tensors[name].shape != shape:
            raise UserError(
                f"{path} holds {name} as {list(tensors[name].shape)}, this plan's adapter has {list(shape)}: it is of another"
                " base or another plan"
            )
        if tensors[name].dtype not in READ:
            raise UserError(f"{path} holds {name} as {tensors[name].dtype}; PEFT writes {', '.join(READ)}")


def _metadata(path: Path) -> dict[str, str]:
    """What a file's header, which has been found to be one, says beside its tensors."""
    with open(path, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        return json.loads(stream.read(length)).get("__metadata__") or {}


def _digest(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
