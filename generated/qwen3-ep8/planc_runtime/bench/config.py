"""A model's config.json with fewer layers. Standard library only."""

from __future__ import annotations

from typing import Any


def cut_config(config: dict[str, Any], *, layers: int) -> dict[str, Any]:
    """A config.json with the first `layers` layers. Nothing in it is random, and nothing quantised."""
    cut = {name: value for name, value in config.items() if name not in ("quantization_config", "auto_map", "dtype")}
    cut |= {name: 0.0 for name in cut if name.endswith("dropout") or name == "router_jitter_noise"}
    cut |= {"num_hidden_layers": layers, "use_cache": False, "output_router_logits": False}
    for name in ("layer_types", "mlp_layer_types"):
        if cut.get(name):
            cut[name] = cut[name][:layers]
    if cut.get("mlp_only_layers"):
        cut["mlp_only_layers"] = [layer for layer in cut["mlp_only_layers"] if layer < layers]
    for name, value in (("max_window_layers", layers), ("num_nextn_predict_layers", 0)):
        if cut.get(name) is not None:
            cut[name] = min(cut[name], value)
    return cut
