"""Store a toy checkpoint as its family publishes it, in fp8 blocks or mxfp4, and leave exactly the same values beside it.

    python quantize_toy.py FOLDER fp8|mxfp4

FOLDER/model becomes FOLDER/quantized; FOLDER/model then holds what the quantised weights stand for, in float32. Scales are
powers of two, so that no format on the way back rounds.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

Tensors = dict[str, torch.Tensor]

FP4 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])
FP8_CONFIG = {"quant_method": "fp8", "activation_scheme": "dynamic", "fmt": "e4m3", "weight_block_size": [128, 128]}
MXFP4_CONFIG = {
    "quant_method": "mxfp4",
    "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"],
}


def to_fp8(name: str, weight: torch.Tensor) -> tuple[Tensors, Tensors]:
    """A matrix smaller than a block, and its values after the round trip."""
    rounded = weight.new_zeros(weight.shape)
    scales = torch.zeros([-(-size // 128) for size in weight.shape])
    stored = torch.zeros(weight.shape, dtype=torch.float8_e4m3fn)
    for row in range(scales.shape[0]):
        for column in range(scales.shape[1]):
            block = (slice(128 * row, 128 * row + 128), slice(128 * column, 128 * column + 128))
            scale = 2.0 ** torch.ceil(torch.log2(weight[block].abs().max() / 448))
            scales[row, column] = scale
            stored[block] = (weight[block] / scale).to(torch.float8_e4m3fn)
            rounded[block] = stored[block].float() * scale
    return {name: stored, f"{name}_scale_inv": scales}, {name: rounded}


def to_mxfp4(name: str, weight: torch.Tensor) -> tuple[Tensors, Tensors]:
    """Stacked experts [E, rows, columns]: blocks of 32 along the rows, two values a byte, one exponent a block."""
    blocks = weight.transpose(1, 2).reshape(weight.shape[0], weight.shape[2], weight.shape[1] // 32, 32)
    exponent = torch.ceil(torch.log2(blocks.abs().amax(-1, keepdim=True) / 6))
    codes = (blocks / 2**exponent).unsqueeze(-1).sub(FP4).abs().argmin(-1).to(torch.uint8)
    rounded = (FP4[codes.long()] * 2**exponent).reshape(weight.shape[0], weight.shape[2], weight.shape[1])
    stored = {f"{name}_blocks": codes[..., ::2] | codes[..., 1::2] << 4}
    stored[f"{name}_scales"] = (exponent.squeeze(-1) + 127).to(torch.uint8)
    return stored, {name: rounded.transpose(1, 2)}


def is_fp8(name: str, weight: torch.Tensor) -> bool:
    kept = ("embed_tokens", "lm_head", "mlp.gate.weight")
    return weight.dim() == 2 and not any(part in name for part in kept)


def is_mxfp4(name: str, _: torch.Tensor) -> bool:
    return name.endswith((".experts.gate_up_proj", ".experts.down_proj"))


def main() -> None:
    folder, method = Path(sys.argv[1]), sys.argv[2]
    convert, applies, quantization = {
        "fp8": (to_fp8, is_fp8, FP8_CONFIG),
        "mxfp4": (to_mxfp4, is_mxfp4, MXFP4_CONFIG),
    }[method]
    model, quantized = folder / "model", folder / "quantized"
    shutil.copytree(model, quantized)
    stored: Tensors = {}
    rounded: Tensors = {}
    for name, tensor in load_file(model / "model.safetensors").items():
        pair = convert(name, tensor) if applies(name, tensor) else ({name: tensor}, {name: tensor})
        stored |= pair[0]
        rounded |= pair[1]
    assert len(stored) > len(rounded), "nothing was quantised"
    for place, tensors in ((quantized, stored), (model, rounded)):
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((quantized / "config.json").read_text())
    (quantized / "config.json").write_text(json.dumps({**config, "quantization_config": quantization}))


main()
