"""
Re-store a checkpoint's experts in another layout, byte for byte: no tensor library, the memory of a few buffers.

Needs Python 3.9 and nothing else. `program` says which bytes go where, `proof` that each is used and written exactly
once, `filling` moves them, `comparing` reads them back, `journal` survives being killed, `verifying` does it again later.
"""

import sys

# Login nodes still have older ones, to which the modules below are no Python at all.
if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit("error: convert.py needs Python 3.9 or newer; this is " + sys.version.split()[0])
