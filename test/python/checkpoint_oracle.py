"""What transformers and the preflight make of small checkpoints with one tensor dropped, renamed or reshaped.

    python checkpoint_oracle.py RUNTIME FOLDER < MODELS.json > OUTCOMES.json

A model is `{"name": "qwen3_moe", "layout": "per_expert", "config": {...}, "lock": {...}}`. An outcome is `{"name", "case",
"tensors": {name: [dtype, shape]}, "kinds": [...], "names": [...], "preflight": "ok" or a message}`: `kinds` are those of
transformers' loading report that are not empty, `names` what it lists, and `["error"]` stands for a load that failed.
"""

import json
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

import torch
import transformers
from planc_runtime.preflight.checkpoint import judge_folder
from safetensors.torch import load_file, save_file
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, Mxfp4Config

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
FOLDER = Path(sys.argv[2])
FORMATS = {torch.float32: "F32", torch.uint8: "U8"}


def drop(tensors, name):
    return {key: value for key, value in tensors.items() if key != name}


def layer_of(name):
    found = re.match(r"model\.layers\.(\d+)\.", name)
    return int(found[1]) if found else None


def cases(tensors, config):
    """`(label, tensors)` of every case: each pattern of names once, then what concerns the whole."""
    yield "as saved", tensors
    seen = {}
    for name in tensors:
        seen[re.sub(r"\.\d+(?=\.)", ".*", name)] = name  # of each pattern the last
    for number, name in enumerate(seen.values()):
        value = tensors[name]
        yield f"drop {name}", drop(tensors, name)
        if number % 2 == 0:  # which is a tensor missing and one that nothing reads
            yield f"rename {name}", drop(tensors, name) | {name.replace("weight", "wait") + "_of_it": value}
        yield f"shape {name}", tensors | {name: torch.cat([value, value[:1]])}
    last = config["num_hidden_layers"] - 1
    yield "no last layer", {key: value for key, value in tensors.items() if layer_of(key) != last}
    yield "no middle layer", {key: value for key, value in tensors.items() if layer_of(key) != last - 1}
    copies = {key: value for key, value in tensors.items() if layer_of(key) == last}
    for number in (last + 1, 46, 61, 92):
        more = {key.replace(f".{last}.", f".{number}.", 1): value for key, value in copies.items()}
        yield f"a layer {number} more", tensors | more
    for prefix in ("module.", "base_model.model.", "_orig_mod."):
        yield f"under {prefix}", {prefix + key: value for key, value in tensors.items()}
    yield "without model.", {key.removeprefix("model."): value for key, value in tensors.items()}
    yield "model.lm_head", drop(tensors, "lm_head.weight") | {"model.lm_head.weight": tensors["lm_head.weight"]}
    small = torch.zeros(4)
    yield "old inv_freq", tensors | {"model.layers.0.self_attn.rotary_emb.inv_freq": small}
    yield "extra state", tensors | {"model.layers.0.self_attn._extra_state": small}
    yield "an adapter", tensors | {"model.layers.0.self_attn.q_proj.lora_A.weight": torch.zeros(2, 4)}
    yield "an mtp module", tensors | {"mtp.layers.0.input_layernorm.weight": small}


def judged(tensors, model):
    folder = FOLDER / "case"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    save_file({key: value.contiguous().clone() for key, value in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(model["config"]))
    kinds, names = [], []
    try:
        options = {"quantization_config": Mxfp4Config(dequantize=True)} if model["layout"] == "mxfp4" else {}
        _, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, **options)
        for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
            if report[kind]:
                kinds.append(kind)
                names += sorted(str(name) for name in report[kind])
    except (RuntimeError, ValueError):
        kinds = ["error"]
    check = judge_folder(model["lock"], folder, own=True)
    return {
        "tensors": {key: [FORMATS[value.dtype], list(value.shape)] for key, value in tensors.items()},
        "kinds": kinds,
        "names": names,
        "preflight": "ok" if check.verdict == "ok" else check.message,
    }


def saved(model):
    """The tensors of a model as its layout stores them."""
    config = {key: value for key, value in model["config"].items() if key != "quantization_config"}
    torch.manual_seed(0)
    built = AutoModelForCausalLM.from_config(CONFIG_MAPPING[config.pop("model_type")](**config), dtype=torch.float32)
    folder = FOLDER / "model"
    shutil.rmtree(folder, ignore_errors=True)
    built.save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    if model["layout"] == "gate_up":
        tensors = {key: value for key, value in tensors.items() if ".experts." not in key}
        tensors |= {key: value for key, value in built.state_dict().items() if ".experts." in key}
    if model["layout"] == "mxfp4":
        for key in [key for key in tensors if key.endswith(("experts.gate_up_proj", "experts.down_proj"))]:
            experts, rows, columns = tensors.pop(key).shape
            tensors[f"{key}_blocks"] = torch.randint(256, (experts, columns, rows // 32, 16), dtype=torch.uint8)
            tensors[f"{key}_scales"] = torch.randint(120, 130, (experts, columns, rows // 32), dtype=torch.uint8)
    return tensors


outcomes = []
for model in json.load(sys.stdin):
    for label, tensors in cases(saved(model), model["config"]):
        outcomes.append({"name": model["name"], "case": label, **judged(tensors, model)})
json.dump(outcomes, sys.stdout)
