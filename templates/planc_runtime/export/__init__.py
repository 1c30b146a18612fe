"""
Store a run's checkpoint as a Hub checkpoint: streamed, in the memory of a few blocks, read back and compared.

`table` says which tensors are made of which, from the plan's lock; `source` reads the run's checkpoint, block by block;
`shards` says which file gets which tensor; `companions` finds what goes with the weights; `exporting` does it.
"""
