"""Write what is made now."""

from tests.golden.holes import FOLDER, NAMES, made

for name in NAMES:
    (FOLDER / f"{name}.txt").write_text(made(name), encoding="utf-8")
