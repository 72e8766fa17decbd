"""Write what is made now."""

from tests.golden.changes import FOLDER, made

for name, text in made().items():
    (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
