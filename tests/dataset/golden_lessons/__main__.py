"""Write what is made now."""

from tests.dataset.golden_lessons import FOLDER, MENDED, NAMES, described

for name in (*NAMES, *MENDED):
    (FOLDER / f"{name}.txt").write_text(described(name), encoding="utf-8")
