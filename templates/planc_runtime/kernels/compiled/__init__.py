"""
The kernels in Triton: memory-bound, one pass over the rows, no atomics. Each computes what its namesake in `eager` does.

Rows are addressed in 64 bits, since P * H passes 2^31 in a real run. Numbers of rows change with the routing in every
step, so no kernel is compiled or tuned for them.
"""
