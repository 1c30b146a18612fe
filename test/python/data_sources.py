"""Make data of every form in a folder, and count the rows that the bundle's loader and its peek find.

    python data_sources.py FOLDER LINES

A line is a path in it and a split. Prints {"PATH SPLIT": [rows, first text, last text, rows that peek finds of at most 50] or "what is wrong"}.
"""

import bz2
import gzip
import json
import lzma
import sys
from pathlib import Path

from datasets import Dataset, DatasetDict, disable_progress_bars
from planc_runtime.data.loading import load_data
from planc_runtime.data.first_rows import first_rows
from planc_runtime.data.source import Source
from planc_runtime.errors import UserError

disable_progress_bars()
folder = Path(sys.argv[1])
rows = [{"text": f"row {number}"} for number in range(200)]
lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
(folder / "rows.jsonl").write_bytes(lines)
(folder / "rows.jsonl.gz").write_bytes(gzip.compress(lines))
(folder / "rows.json.bz2").write_bytes(bz2.compress(lines))
(folder / "rows.jsonl.xz").write_bytes(lzma.compress(lines))
(folder / "rows.json").write_text(json.dumps(rows))
(folder / "rows.txt").write_text("".join(f"{row['text']}\n" for row in rows))
(folder / "words.jsonl").write_text("no json\n")
dataset = Dataset.from_list(rows)
dataset.to_parquet(folder / "rows.parquet")
dataset.to_csv(folder / "rows.csv", index=False)
dataset.save_to_disk(folder / "saved")
DatasetDict({"train": dataset, "test": dataset.select(range(30))}).save_to_disk(folder / "splits")
(folder / "both").mkdir()
(folder / "both" / "train.jsonl").write_bytes(lines)
(folder / "both" / "test-00000.jsonl.gz").write_bytes(gzip.compress(lines[: lines.index(b"row 30") - 10]))
(folder / "shards").mkdir()
for part in range(2):
    (folder / "shards" / f"part-{part}.jsonl").write_bytes(lines)

found: dict = {}
for name, split in (line.split(" ", 1) for line in sys.argv[2].splitlines()):
    source = Source(str(folder / name), None, split)
    try:
        loaded = load_data(source)
        found[f"{name} {split}"] = [len(loaded), loaded[0]["text"], loaded[-1]["text"], len(first_rows(source, 50))]
    except UserError as error:
        found[f"{name} {split}"] = str(error).replace(str(folder), "")
print(json.dumps(found))
