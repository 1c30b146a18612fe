"""`python -m planc_runtime.export CHECKPOINT --output DIR`, from the bundle's folder."""

from planc_runtime.export.command import main

if __name__ == "__main__":
    main()
