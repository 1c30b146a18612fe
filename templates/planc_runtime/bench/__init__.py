"""Measure training steps of a plan's model, cut to a few layers: FSDP alone, the stock stack's EP, planc's EP."""
