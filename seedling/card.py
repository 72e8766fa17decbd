"""The seedling's model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seedling.fetch import read_list

HERE = Path(__file__).parent
REGISTRIES = {"pip": "PyPI", "npm": "npm", "deb": "Debian"}


def render(facts: dict[str, Any], used: set[str], figures: dict[str, Any], run: dict[str, Any]) -> str:
    """Return the card from the corpus facts, the documents read, the figures and what the run says of itself (tokens, seconds, plan)."""
    packages = [p for p in read_list(HERE / "packages.txt") if any(path.startswith(f"{p.ecosystem}/{p.name}/") for path in used)]
    rows = [f"| {REGISTRIES[p.ecosystem]} | {p.name} | {p.version} | {p.licence.replace('|', '/')} |" for p in packages]
    names = ("files", "bits_per_byte", "line_exact_match", "rest_of_line_exact_match")
    measured = [f"| {language} | " + " | ".join(str(f[n]) for n in names) + " |" for language, f in figures["languages"].items()]
    return (
        (HERE / "card.md")
        .read_text(encoding="utf-8")
        .format(
            tokens=run["tokens"],
            stable=run["plan"]["stable"],
            fall=run["plan"]["fall"],
            middle=run["plan"].get("middle", 1.0),
            minutes=run["seconds"] / 60,
            test_packages=", ".join(name.split("/", 1)[1] for name in facts["test_packages"]),
            figures="\n".join(measured),
            **figures["copying"],
            documents=facts["documents"],
            used=len(used),
            megabytes=facts["bytes"] / 1e6,
            digest=facts["digest"],
            languages="\n".join(f"| {name} | {c['documents']:,} | {c['bytes'] / 1e6:.1f} |" for name, c in facts["languages"].items()),
            sources="\n".join(rows),
        )
    )
