"""
Re-store a checkpoint's experts in another layout, byte for byte: no tensor library, the memory of a few buffers.

Needs Python 3.9 and nothing else. `program` says which bytes go where, `proof` that each is used and written exactly
once, `copying` moves them, `journal` survives being killed, `verifying` reads back what is on disk.
"""
