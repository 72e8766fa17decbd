"""`.gitattributes` as git and linguist read it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from idiolect.sources.attributes import NOTHING, Attributes, Said
from tests.repositories import git, made

TREE = {
    ".gitattributes": b"""\
# what is ours and what is not
*.gen.rb          linguist-generated
lib/**            linguist-vendored
lib/ours/**       -linguist-vendored
/top.js           linguist-vendored=true
docs/*.html       linguist-documentation
*.inc             linguist-language=PHP
"with space.x"    linguist-language=Common-Lisp
"caf\\303\\251.py" linguist-generated
old.py            linguist-generated
old.py            !linguist-generated
no.py             linguist-generated=false
[attr]odd         linguist-generated
*.odd             odd
!*.neg            linguist-generated
folder/           linguist-generated
*                 text=auto eol=lf
""",
    "deep/.gitattributes": b"*.gen.rb -linguist-generated\n/here.py linguist-generated\nsub/*.py linguist-generated\n",
}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a.gen.rb", Said(generated=True)), ("x/y/a.gen.rb", Said(generated=True)), ("deep/a.gen.rb", Said(generated=False)),
        ("deep/more/a.gen.rb", Said(generated=False)), ("lib/a.rb", Said(vendored=True)), ("lib/ours/a.rb", Said(vendored=False)),
        ("other/lib/a.rb", NOTHING), ("top.js", Said(vendored=True)), ("x/top.js", NOTHING), ("docs/a.html", Said(documentation=True)),
        ("docs/x/a.html", NOTHING), ("x/a.inc", Said(language="php")), ("with space.x", Said(language="common-lisp")), ("old.py", NOTHING),
        ("no.py", Said(generated=False)), ("a.odd", NOTHING), ("a.neg", NOTHING), ("folder/a.py", NOTHING),
        ("deep/here.py", Said(generated=True)),
        ("deep/x/here.py", NOTHING), ("deep/sub/a.py", Said(generated=True)), ("sub/a.py", NOTHING), ("caf\u00c3\u00a9.py",
        Said(generated=True)),
    ],
)  # fmt: skip
def test_the_nearest_file_decides_and_in_it_the_last_line_that_fits(path: str, said: Said) -> None:
    assert Attributes(TREE).of(path) == said


@pytest.mark.parametrize("path", ["a.gen.rb", "x/y/a.gen.rb", "deep/a.gen.rb", "lib/a.rb", "lib/ours/a.rb", "other/lib/a.rb",
                                  "top.js", "x/top.js",
                                  "docs/a.html", "docs/x/a.html", "old.py", "no.py", "deep/here.py",
                                  "deep/x/here.py", "deep/sub/a.py", "sub/a.py"])  # fmt: skip
def test_git_itself_says_the_same(tmp_path: Path, path: str) -> None:
    folder = made(tmp_path / "shop", TREE)
    ours = Attributes(TREE).of(path)
    words = {"set": True, "true": True, "unset": False, "false": False, "unspecified": None}
    for name in ("vendored", "generated", "documentation"):
        said = git(folder, "check-attr", f"linguist-{name}", path).rpartition(": ")[2]
        assert getattr(ours, name) is words[said]


def test_hostile_files_take_little_time_and_no_room() -> None:
    start = time.process_time()
    Attributes({".gitattributes": b"*.py linguist-generated\n" * 100_000}).of("a/b.py")
    Attributes({".gitattributes": b"*a" * 900 + b"b linguist-generated\n"}).of("a" * 900)
    Attributes({".gitattributes": b'\xff\xfe\0\x80 linguist-generated\n"broken linguist-vendored\n\n= = =\n'}).of("a.py")
    assert Attributes({".gitattributes": b"x" * 3000 + b" linguist-generated\n"}).of("x" * 3000) == NOTHING
    assert time.process_time() - start < 3
    assert Attributes().of("a.py") == NOTHING
