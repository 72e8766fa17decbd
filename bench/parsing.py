"""What parsing costs beside the parser itself: the grammar alone, with our walk, and the whole outline as a worker makes it.

    python bench/parsing.py [FOLDER] [--language ruby] [--megabytes 8] [--json]

One language of a folder (default: the standard library of the Python that runs this), each text once. Figures are MB per second of
processor time, of all processes together, and ratios to the grammar alone in the same run, which are what can be compared.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path

from tree_sitter import Parser, Query, QueryCursor, Tree

from idiolect import syntax
from idiolect.sources import gates, languages
from idiolect.syntax import grammars, packed, trees
from idiolect.syntax.findings import settle
from idiolect.syntax.reader import can_be_parsed
from idiolect.types import Document


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", nargs="?", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    options.add_argument("--language", default="python")
    options.add_argument("--megabytes", type=float, default=8.0)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    documents = corpus(asked.folder, asked.language, asked.megabytes)
    figures = measured(documents, asked.language)
    if asked.json:
        print(json.dumps(figures, indent=1))
    else:
        print("\n".join(f"{name:28} {value:10.3f}" for name, value in figures.items()))


def corpus(folder: Path, language: str, megabytes: float) -> list[Document]:
    """Texts of that language, each once, in an order of chance that is always the same."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and languages.language(path.name, b"") == language)
    random.Random(0).shuffle(files)
    texts: dict[bytes, Path] = {}
    for path in files:
        data = path.read_bytes()
        if can_be_parsed(data) and not gates.refusal(language, data):
            texts.setdefault(data, path)
        if sum(map(len, texts)) >= megabytes * 1e6:
            break
    return [Document("bench", "team", "", str(path), language, data, 0) for data, path in texts.items()]


def measured(documents: list[Document], language: str) -> dict[str, float]:
    """MB per second of processor time at each step, and the ratios."""
    size = sum(len(document.data) for document in documents) / 1e6
    parser, grammar = Parser(trees.grammar(language)), grammars.GRAMMARS[language]
    parsed = [(document.data, parser.parse(document.data)) for document in documents]
    alone = seconds(lambda: [parser.parse(document.data) for document in documents])
    walked = seconds(lambda: [trees.walk(tree, language, packed.Found()) for _, tree in parsed])
    queried = seconds(lambda: captured(language, [tree for _, tree in parsed]))
    notes = [(trees.walk(tree, language, packed.Found()), data) for data, tree in parsed]

    def settle_all() -> None:
        for noted, data in notes:
            settle(packed.Found(), noted, data, grammar)

    settled = seconds(settle_all)
    outlines = seconds(lambda: [syntax.outline(language, document.data) for document in documents])
    kept = sum(len(syntax.outline(language, document.data)) for document in documents) / 1e6
    found = {"files": len(documents), "megabytes": size}
    figures = {
        "grammar_alone": alone,
        "walk": walked,
        "query_instead_of_walk": queried,
        "meaning": settled,
        "outline": outlines,
    }
    speeds = {f"{name}_mb_per_s": size / taken for name, taken in figures.items()}
    return {**found, **speeds, "outline_to_grammar_alone": outlines / alone, "outline_to_text": kept / size}


def captured(language: str, parsed: Iterable[Tree]) -> list[tuple[int, int]]:
    """The spans by tree-sitter's own queries: what the walk was measured against."""
    grammar = trees.grammar(language)
    wanted = {kind for kinds in grammars.MARKS.values() for kind in kinds.split()}
    query = Query(grammar, f"[{' '.join(f'({kind})' for kind in sorted(wanted) if grammar.id_for_node_kind(kind, True))}] @span")
    found = (QueryCursor(query).captures(tree.root_node).get("span", []) for tree in parsed)
    return [node.byte_range for nodes in found for node in nodes]


def seconds(work: Callable[[], object]) -> float:
    """Processor time of this process and of the children that end within."""
    before = spent()
    work()
    return spent() - before


def spent() -> float:
    """Processor time so far."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


if __name__ == "__main__":
    main()
