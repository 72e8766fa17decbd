"""Write what is made now."""

from tests.golden.generations import FOLDER, made

(FOLDER / "superseded.txt").write_text(made(), encoding="utf-8")
