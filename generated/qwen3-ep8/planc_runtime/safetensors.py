"""Read and write safetensors headers, as strictly as the reference parser or more. Standard library only."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from planc_runtime.errors import UserError

# The reference parser's own limit.
MAX_HEADER_BYTES = 100_000_000

# Bits of an element. The list is the reference parser's (0.8).
BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("C64", "F64", "I64", "U64"), 64),
}


class CheckpointError(UserError):
    """The folder is no complete checkpoint, or a file in it is no safetensors file."""


class Tensor(NamedTuple):
    """Where a tensor's bytes lie: in file number `file`, from `begin` to `end`, counted from the file's start."""

    file: int
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class Header(NamedTuple):
    """A file's header: its tensors by name, where the data starts, the file's size, and the header's SHA-256."""

    tensors: dict[str, Tensor]
    data_start: int
    size: int
    sha256: str


class _Pairs(list):
    """A JSON object that is no tensor's entry, as it is written: duplicate keys are still there."""


class _Entry(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(path: Path | str, file: int = 0) -> Header:
    """
    The header of a safetensors file, proved to describe the whole file: no hole, no overlap, nothing left over.

    Whatever the reference parser refuses is refused; so are duplicate names, unknown fields and leading whitespace.

    Args:
        file: number that the tensors carry.

    Raises:
        CheckpointError: the file cannot be read or is no safetensors file; the message names it.
    """
    name = os.path.basename(path)
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            prefix = stream.read(8)
            if len(prefix) < 8:
                raise CheckpointError(f"{name} is cut off: {size} bytes hold no safetensors header")
            (length,) = struct.unpack("<Q", prefix)
            if length > MAX_HEADER_BYTES:
                raise CheckpointError(
                    f"{name} is no safetensors file: its header would have {length:,} bytes, {MAX_HEADER_BYTES:,} are allowed"
                )
            if 8 + length > size:
                raise CheckpointError(f"{name} is cut off: its header ends at byte {8 + length:,} of {size:,}")
            raw = stream.read(length)
    except OSError as error:
        raise CheckpointError(f"cannot read {name}: {error.strerror or error}") from error
    if len(raw) < length:
        raise CheckpointError(f"{name} is cut off: it became shorter while it was read")
    try:
        return Header(_tensors(raw, file, 8 + length, size), 8 + length, size, hashlib.sha256(raw).hexdigest())
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from None


def _tensors(raw: bytes, file: int, data_start: int, size: int) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    shared: dict[object, object] = {}
    pairs = _parse(raw)
    for name, value in pairs:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise CheckpointError(f"the name {name!r} is no Unicode text") from error
        if name == "__metadata__":
            _check_metadata(value)
        elif name in tensors:
            raise CheckpointError(f"{name} is there twice")
        elif not isinstance(value, _Entry):
            raise CheckpointError(f"{name} is not described by dtype, shape and data_offsets alone")
        else:
            # Thousands of tensors have a handful of shapes: each is kept once.
            dtype = shared.setdefault(value.dtype, value.dtype)
            shape = shared.setdefault(value.shape, value.shape)
            tensors[name] = Tensor(file, dtype, shape, data_start + value.begin, data_start + value.end)
            _check_size(name, tensors[name])
    if sum(name == "__metadata__" for name, _ in pairs) > 1:
        raise CheckpointError("__metadata__ is there twice")
    end = data_start
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1][3:]):
        if tensor.begin != end:
            what = "overlaps the tensor before it" if tensor.begin < end else "leaves a hole before it"
            raise CheckpointError(f"{name} {what}: it begins at byte {tensor.begin:,}, not {end:,}")
        end = tensor.end
    if end != size:
        what = "is cut off" if end > size else "has bytes that belong to no tensor"
        raise CheckpointError(f"the file {what}: its tensors end at byte {end:,} of {size:,}")
    return tensors


def _parse(raw: bytes) -> _Pairs:
    if not raw.startswith(b"{"):
        raise CheckpointError("the header does not begin with {")
    try:
        pairs = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"the header is no JSON that describes tensors: {error}") from error
    if not isinstance(pairs, _Pairs):
        raise CheckpointError("the header is one tensor's description, not an object of them")
    return pairs


def _whole(text: str) -> int:
    if text.startswith("-") or len(text) > 20:
        raise ValueError(f"{text[:40]} is no size")
    return int(text)


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no size")


def _object(pairs: list[tuple[str, object]]) -> _Entry | _Pairs:
    if len(pairs) == 3:
        fields = dict(pairs)
        dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
        if isinstance(dtype, str) and _are_sizes(shape) and _are_sizes(offsets) and len(offsets) == 2:
            return _Entry(dtype, tuple(shape), offsets[0], offsets[1])
    return _Pairs(pairs)


def _are_sizes(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is int for item in value)


def _check_metadata(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, _Pairs) or not all(isinstance(text, str) for _, text in value):
        raise CheckpointError("__metadata__ holds something else than text")
    if len(dict(value)) < len(value):
        raise CheckpointError("__metadata__ has a key twice")
    for pair in value:
        try:
            "".join(pair).encode()
        except UnicodeEncodeError as error:
            raise CheckpointError("__metadata__ is no Unicode text") from error


def _check_size(name: str, tensor: Tensor) -> None:
    bits = BITS.get(tensor.dtype)
    if bits is None:
        raise CheckpointError(f"{name} has the unknown dtype {tensor.dtype}")
    elements = 1
    for dim in tensor.shape:
        elements *= dim or 1
    if elements * bits >= 2**64:
        raise CheckpointError(f"{name} has the impossible shape {list(tensor.shape)}")
    wanted = 0 if 0 in tensor.shape else elements * bits
    if wanted % 8 != 0 or tensor.end - tensor.begin != wanted // 8:
        raise CheckpointError(
            f"{name} is {tensor.dtype} {list(tensor.shape)}, which takes {wanted / 8:g} bytes,"
            f" but has {tensor.end - tensor.begin:,}"
        )


def write_header(
    tensors: Iterable[tuple[str, str, tuple[int, ...], int, int]], *, residue: int = 0, block: int = 4096
) -> bytes:
    """
    The first bytes of a file, its length prefix and its header.

    Args:
        tensors: name, dtype, shape, and begin and end counted from the data's start; in the order of their bytes.
        residue: what the length of the result leaves when it is divided by `block`; a multiple of 8.
        block: spaces fill the header up to this boundary.
    """
    parts = ['{"__metadata__":{"format":"pt"}']
    for name, dtype, shape, begin, end in tensors:
        sizes = ",".join(map(str, shape))
        parts.append(f'{json.dumps(name)}:{{"dtype":"{dtype}","shape":[{sizes}],"data_offsets":[{begin},{end}]}}')
    header = ",".join(parts).encode() + b"}"
    padding = (residue - 8 - len(header)) % block
    return struct.pack("<Q", len(header) + padding) + header + b" " * padding
