"""Rows that people have already: read from files into Samples, and Samples written as such rows again.

    for item in rows.read(Path("examples.jsonl")):       # a Row, or a Fault with its line and why
        found = rows.shaped(item.value)                  # its Samples; raises Refused

A file holds JSON lines, a list in JSON or YAML, or Parquet. What a row means is told by its keys (`shapes`), each row by itself, so a
file may mix them. Nothing here knows of sources, secrets or splits.
"""

from __future__ import annotations

from idiolect.rows import hub
from idiolect.rows.fields import Refused
from idiolect.rows.reading import files, label, read, told
from idiolect.rows.shapes import Shaped, shaped, texts
from idiolect.rows.writing import FORMATS, Written, write
from idiolect.rows.yaml_rows import Fault, Row

__all__ = ["FORMATS", "Fault", "Refused", "Row", "Shaped", "Written", "files", "hub", "label", "read", "shaped", "texts", "told", "write"]
