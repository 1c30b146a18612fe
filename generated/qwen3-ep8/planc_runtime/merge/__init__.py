"""
A trained adapter added to its base, tensor by tensor: what the export stores of a plan with lora.

`weights` reads the base by the names that it has in memory, `adapter` the adapter as PEFT stores it, `merged` adds one to the
other as PEFT's `merge_and_unload` does. Nothing of PEFT is imported, and no model is built.

Shapes in this package, as suffixes of names: E experts, M columns that go in, N columns that come out, R rank.
"""
