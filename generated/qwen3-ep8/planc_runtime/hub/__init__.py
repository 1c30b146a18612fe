"""A checkpoint in Hub format, as conversions and exports both write it. Standard library only, Python 3.9."""
