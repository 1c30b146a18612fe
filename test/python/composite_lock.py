"""Put a model of several parts in the place of the one that a bundle was compiled for.

    composite_lock.py BUNDLE SPEC_JSON

SPEC is `{"config", "architecture", "towers", "layout", "stored": [[pattern, replacement], ...], "experts": {layout: {...}}}`:
`stored` makes published names of those in memory, `experts` says how each layout names the experts, `{layer}` and `{expert}`
open. Shapes are those of the class itself, on the meta device.
"""

import json
import re
import sys
from pathlib import Path

import torch
import transformers
from transformers import CONFIG_MAPPING


def kind_of(name: str) -> str:
    if re.search(r"(?<!shared_)experts\.\w+$", name):
        return "expert"
    if name.endswith("embed_tokens.weight"):
        return "embedding"
    return "head" if name.startswith("lm_head") else "other"


def rows_of(model: torch.nn.Module, spec: dict, experts: dict) -> list[dict]:
    parameters = dict(model.named_parameters())
    rows: dict[tuple, dict] = {}  # layers of one name may have several shapes
    for name, tensor in model.state_dict().items():
        if name.startswith(tuple(f"{path}." for path in spec["towers"])):
            continue
        found = re.search(r"\.layers\.(\d+)\.", name)
        template = name if found is None else name.replace(found[0], ".layers.{layer}.", 1)
        is_tied = name == "lm_head.weight" and name not in parameters
        stored = template
        for pattern, replacement in spec["stored"]:
            stored = re.sub(pattern, replacement, stored)
        names = experts.get(template, [stored])
        key = (template, *tensor.shape)
        if key not in rows:
            rows[key] = {
                "name": template,
                "stored": [] if is_tied else names,
                "layers": None if found is None else [],
                "shape": list(tensor.shape),
                "dtype": "float32",
                "kind": kind_of(name),
                "placement": {},
                "local_shape": list(tensor.shape),
                **({} if name in parameters or is_tied else {"buffer": True}),
                **(
                    {"tied": next(each for each in parameters if each.endswith("embed_tokens.weight"))}
                    if is_tied
                    else {}
                ),
            }
        if found is not None:
            rows[key]["layers"].append(int(found[1]))
    return list(rows.values())


def main() -> None:
    bundle, spec = Path(sys.argv[1]), json.loads(sys.argv[2])
    config = {key: value for key, value in spec["config"].items() if key not in ("model_type", "architectures")}
    made = CONFIG_MAPPING[spec["config"]["model_type"]](**config)
    model_class = getattr(transformers, spec["architecture"])
    # The class may be of a part of the published model.
    configs = [made, *(getattr(made, key, None) for key in made.sub_configs)]
    part = next(each for each in configs if isinstance(each, model_class.config_class))
    with torch.device("meta"):
        model = model_class(part)
    lock = json.loads((bundle / "plan.lock.json").read_text())
    own = spec["experts"][spec["layout"]]
    lock["model"] |= {
        "model_type": spec["config"]["model_type"],
        "architecture": spec["architecture"],
        "layout": spec["layout"],
        "dtype": "float32",
        "num_experts": next(module.num_experts for name, module in model.named_modules() if name.endswith(".experts")),
        "towers": spec["towers"],
        "tensors": rows_of(model, spec, own),
    }
    lock["model"]["num_experts_per_tok"] = spec["per_token"]
    turned = {"gate_up_transposed": {"turned": True}}
    lock["export"] |= {
        "layout": spec["layout"],
        "dtype": "float32",
        "layouts": {
            layout: {"experts": names, "config": {}, **turned.get(layout, {})}
            for layout, names in spec["experts"].items()
        },
    }
    lock["plan"]["model"] |= {"tokenizer": None, "revision": None}
    (bundle / "plan.lock.json").write_text(json.dumps(lock, indent=2))


main()
