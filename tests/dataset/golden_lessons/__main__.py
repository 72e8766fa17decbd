"""Write what is made now."""

from tests.dataset.golden_lessons import FOLDER, NAMES, described

for name in NAMES:
    (FOLDER / f"{name}.txt").write_text(described(name), encoding="utf-8")
