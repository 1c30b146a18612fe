"""The rows that a run trains on: where they lie, what kind they are, and what the trainer makes of them."""
