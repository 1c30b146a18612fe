"""What `forward.py` does with prompts, and how it compares itself with one process."""
