"""Write what is found now."""

from tests.golden import FILES, described

for file in FILES:
    file.with_name(f"{file.name}.txt").write_text(described(file), encoding="utf-8")
