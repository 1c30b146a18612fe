"""What a training run does with its GPUs: speed, memory, the experts' load. In the trainer's log and in measured.json."""
