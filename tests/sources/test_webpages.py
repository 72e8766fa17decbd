"""Pages of documentation become Markdown whose every run of text knows where in the page it stands."""

from __future__ import annotations

import time

import pytest

from idiolect.sources import webpages
from idiolect.types import Document

PAGE = b"""<!DOCTYPE html>
<html><head><title>no</title><meta name="generator" content="Sphinx 7"><style>p { color: red }</style></head>
<body><nav><a href="/">Home</a></nav>
<main><h1>Greeting &amp; parting</h1>
<p>How we <em>greet</em> people,
   and why.</p>
<h2 id="x">Parameters</h2><ul><li><code>name</code>: whom to greet</li><li>how</li></ul>
<pre><span class="k">def</span> greet(name):
    return &quot;hello&quot;
</pre><table><tr><th>a</th><td>b</td></tr></table>
<script>alert("no")</script><!-- nor this --><p>The end</p></main><footer>no</footer></body></html>
"""
TEXT = """\
# Greeting & parting

How we greet people,
and why.

## Parameters

- `name`: whom to greet
- how

```
def greet(name):
    return "hello"
```

a b

The end
"""


def test_what_a_reader_sees_is_kept_as_markdown() -> None:
    text, _ = webpages.markdown(PAGE)
    assert [line.rstrip() for line in text.decode().strip().split("\n") if line.strip()] == [
        line.rstrip() for line in TEXT.strip().split("\n") if line.strip()
    ]


def test_every_run_of_text_names_its_bytes_in_the_page() -> None:
    text, pieces = webpages.markdown(PAGE)
    assert all(text[here : here + size] == PAGE[there : there + size] for here, there, size, _ in pieces)
    assert all(PAGE.count(b"\n", 0, there) == line for _, there, _, line in pieces)
    document = Document("guides", "public", "c" * 40, "docs/a.html", "markdown", text, 0, pieces=pieces)
    start = text.index(b"whom to greet")
    span = document.span(start, start + len(b"whom to greet"))
    assert PAGE[span.start : span.end] == b"whom to greet"
    across = document.span(text.index(b"How we"), text.index(b"and why") + 7)
    assert PAGE[across.start : across.end] == b"How we <em>greet</em> people,\n   and why"


@pytest.mark.parametrize(
    ("path", "page", "stated", "fits"),
    [
        ("docs/a.html", PAGE, None, True), ("app/a.html", PAGE, None, True), ("app/a.html", PAGE.replace(b"Sphinx", b"x"), None, False),
        ("docs/a.html", PAGE.replace(b"Sphinx", b"x"), None, True), ("docs/a.html", PAGE, False, False),
        ("app/a.html", b"<p>x</p>", True, True),
        ("docs/a.html", PAGE + b"{{ name }}", None, False), ("docs/_part.html", b"<p>a part</p>", None, False),
        ("docs/a.html", PAGE + b"<%= name %>", None, False),
    ],
)  # fmt: skip
def test_templates_are_no_documentation(path: str, page: bytes, stated: bool | None, fits: bool) -> None:
    assert webpages.is_documentation(path, page, stated) is fits


def test_hostile_pages_take_time_linear_in_their_length() -> None:
    start = time.process_time()
    for page in (
        b"<" * 200_000,
        b"<!--" * 60_000,
        b"<a " * 60_000,
        b"<nav>" * 40_000,
        b"&" * 200_000,
        b"</" * 90_000,
        b"<pre>" * 40_000,
        b"<!" * 90_000,
    ):
        text, pieces = webpages.markdown(page)
        assert all(text[here : here + size] == page[there : there + size] for here, there, size, _ in pieces)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("page", ["<h1", "<hé", "<p>a<scripté", "<script></script", "<script>x</scripté", "a<!é", "<pre>é"])
def test_a_page_that_ends_within_a_tag_splits_no_letter(page: str) -> None:
    text, pieces = webpages.markdown(page.encode())
    text.decode()
    assert all(text[at : at + size] == page.encode()[start : start + size] for at, start, size, _ in pieces)
