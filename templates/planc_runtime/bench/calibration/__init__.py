"""How fast this machine's GPUs work, for planc's estimate of a step's time."""
