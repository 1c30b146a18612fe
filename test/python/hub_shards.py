"""How conversions and exports split a model into files, beside the Hub's own library.

    hub_shards.py RUNTIME SEED NUMBER

Prints JSON: the number of random models of which the library makes files of one tensor that exceeds the limit, and the models
of which planc makes other files or another index.
"""

import json
import random
import sys

sys.path.insert(0, sys.argv[1])

import torch
from huggingface_hub import split_torch_state_dict_into_shards

from planc_runtime.convert import shards as converted
from planc_runtime.export import shards as exported
from planc_runtime.export.table import Box, Piece, stored
from planc_runtime.hub.shards import index_of, split

draw = random.Random(int(sys.argv[2]))
num_exceeding, others = 0, []
for number in range(int(sys.argv[3])):
    limit = draw.choice([40, 100, 1000])
    rows = [draw.choice([1, 3, limit // 8, limit // 4, limit // 2]) for _ in range(draw.randint(1, 20))]
    state = {f"tensor.{place}": torch.zeros(each, dtype=torch.float32) for place, each in enumerate(rows)}
    wanted = split_torch_state_dict_into_shards(state, max_shard_size=limit)
    num_exceeding += any(4 * each > limit for each in rows)
    tensors = [
        stored(name, "float32", tuple(tensor.shape), (Piece(Box(name, (0,), tuple(tensor.shape))),))
        for name, tensor in state.items()
    ]
    shards = exported.plan_shards(tensors, limit)
    files = {shard.name: [tensor.name for tensor in shard.tensors] for shard in shards}
    index = exported.index_of(shards)
    is_same = (
        files == {name: names for name, names in wanted.filename_to_tensors.items()}
        and index["metadata"]["total_size"] == wanted.metadata["total_size"]
        and index["weight_map"] == (wanted.tensor_to_filename if wanted.is_sharded else dict.fromkeys(state, shards[0].name))
        and converted.hub.split is split
        and index_of(index["weight_map"], size=index["metadata"]["total_size"], parameters=sum(rows)) == index
    )
    if not is_same:
        others.append([limit, rows])
print(json.dumps({"exceeding": num_exceeding, "others": others}))
