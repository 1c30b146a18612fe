"""The kernels in plain torch: what the Triton ones must compute, and what runs where there is no Triton."""
