"""What the targets are given: real inputs with accidents, runs of the words that readers look for, text and bytes of any kind."""

from __future__ import annotations

import ast
import io
import json
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from idiolect import samples
from idiolect.types import Hole, Message, Sample, Span
from tests import planted
from tests.golden import FILES
from tests.sources.test_forge import NOTE, PULL, SAID
from tests.sources.test_licences import MIT

ROOT = Path(__file__).parent.parent.parent
COMMON = """( ) [ ] { } < > " ' ` ""\" ''' ``` ~~~ # ## // /* */ <!-- --> -- ; % \\ | = == === --- ~~~~ : :: . .. ... / * ** ? ! & @ $ ^ _ +
a B 0 7 -1 1e9 99999999999999999999 def class import from return
end if else do describe it rem %w =begin =end <% %> {{ }} é 値段 🙂 a\u0301"""
WORDS = (
    *(word.encode() for word in COMMON.split()),
    *(letter.encode() for letter in "\n\r\t \u2028\u200d\u202e\ufeff\x0b\x0c\x1c\x85\x01\x7f\0"),
    *(b"\r\n", b"\n\n", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x80", b"\xf0\x9f"),
)
OWN: dict[str, str] = {
    "sections": r"# A\n|## B ##\n|Title\n=====\n|\n```\n|[a](b)|![a](|<a>|# [",
    "prose": r"TODO |Copyright |@param a |:param b: |>>> |Args:\n|# noqa |see https://a.b |Returns the name. |f(|/**|args|if |# |A. ",
    "links": r"from .a import (b, c)\n|from a.b import c as d\n|import a.b, c\n|require \"a/b\"\n|require_relative '../a'\n|A::B|class A"
    r"|module |render 'a/b'|render partial: \"a\"|from \"./a.js\"|require('..')|import static a.B;\n|use a\\b;|#include \"a.h\"\n"
    r"|use crate::a::B;\n|mod a;\n",
    "blocks": r"<<<<<<< SEARCH\n|=======\n|>>>>>>> REPLACE\n|```python\n|a/b.py\n|\0",
    "edits": r"\0|fix the price of a book\n|    return price * 2\n|x = 1\n|x = 2\n|<<<<<<< SEARCH\n|=======\n",
    "messages": r"Merge pull request #1 from a/b|Revert \"|This reverts commit 0123456789abcdef|(#12)|Fixes #3|from |to |bump |update "
    r"|[ci skip]"
    r"|:bug: |Reviewed-by: Ada <a@b>\n|See merge request a!5\n|GH-12|feat(api)!: |[bot]|\0|dependabot|\n\n|https://a.b/c |fixup|cleanup"
    r"|pr-url: |pull request |Co-authored-by: |#1, |\nupdate from |\npr-url: 1",
    "attributes": r"*.js linguist-vendored\n|\"a\\142c\" -linguist-generated\n|[a-|[!|[]]|**/|/**|linguist-language=C++|[attr]x y\n"
    r"|[a--b]|[&&]|[~~"
    r"|[[|\\777|a* linguist-generated\n|#include |template|\nclass ",
    "mailmap": r"Ada <ada@a.b> Old <old@a.b>\n|<a@b> <c@d>\n|<>|<a>",
    "licences": r"SPDX-License-Identifier: |MIT |OR |AND |WITH |(|)|Apache-2.0+ |Copyright (c) 2020\n|GPL-2.0-only |(c) ",
    "headers": r"# Copyright 2020 Ada\n|/* Copyright\n| * All rights reserved\n|*/\n|#!/bin/sh\n"
    r"|// SPDX-License-Identifier: MIT\n|<!-- (c) -->\n"
    r"|=begin\n|\n=end\n|<%# copyright %>\n|# Licensed under the MIT license\n|# -*- coding: utf-8 -*-\n",
    "pages": r"<!doctype html>|<h1>|</h1>|<pre>|</pre>|<code>|<li>|<script>|</script|<nav|&amp;|&#12;|&#x110000;|&#0;|&#55555;"
    r"|<main>|<td|<br/>"
    r"|&CounterClockwiseContourIntegral;|<p class='a>b'>|<a role=main|<![CDATA[",
    "scrub": r"password = \"|-----BEGIN RSA PRIVATE KEY-----\n|-----END RSA PRIVATE KEY-----|ada@analytical.org|10.1.2.3"
    r"|Ada Lovelace|\" + \""
    r"|Authorization: Basic |token: |://user:|@host/|2001:db8::1|+49 30 123456|eyJ",
    "rules": r"rules = 5\n|rules = [1]\n|[[rules]]\n|[rules]\n|id = \"a-b\"\n|regex = '(a)(b)?'\n|regex = '('\n|secretGroup = 7\n"
    r"|secretGroup = 1\n"
    r"|entropy = nan\n|entropy = -inf\n|keywords = [\"\"]\n|keywords = [\"key\", \"é\"]\n|keywords = \"a\"\n|[allowlist]\n"
    r"|allowlist = 1\n"
    r"|[[allowlists]]\n|allowlists = 3\n|[[rules.allowlists]]\n|[rules.allowlist]\n|regexes = ['a*']\n|regexes = []\n"
    r"|stopwords = [\"\"]\n"
    r"|paths = ['.py$']\n|condition = \"AND\"\n|regexTarget = \"line\"\n|reach = [-9, 9]\n|reach = [9, 0]\n"
    r"|reach = [0, 999999999999999999999]\n"
    r"|[extend]\n|disabledRules = [\"aws\"]\n|useDefault = false\n|path = '(?i)a'\n|check = \"armour\"\n|check = \"author\"\n"
    r"|charsPerToken = 0.5\n"
    r"|placeholder = \"\"\n|tags = [\"personal\"]\n|regex = ''\n|regex = '(?:)'\n|regex = '[\\x00-\\xff]*'\n|regex = 'a{1000}{1000}'\n"
    r"|regex = '(?U)a+'\n|[[rules]]\nid = \"b\"\nregex = 'key'\n",
    "recipe": r"name = \"a\"\n|[[source]]\n|[source]\n|source = 5\n|source = [5]\n|path = \"..\"\n|path = \"a\\u0000b\"\n"
    r"|path = 5\n|[[model]]\n"
    r"|model = []\n|base = \"\"\n|[dataset]\n|benchmarks = [\"\\u0000\"]\n|held_out = \"x\"\n|weight = nan\n|weight = inf\n"
    r"|[source.admit]\n"
    r"|months = -1\n|active_since = 2020-01-01\n|active_since = 07:32:00\n|effort = \"quick\"\n|packs = [\"./a\"]\n"
    r"|folder = \"/\"\n|kinds = [\"raw\"]\n"
    r"|[serve]\n|port = 1e400\n|key = \"x\"\n|[train]\n|tokens = 99999999999999999999999\n|seed = -1\n|[export]\n|types = []\n"
    r"|include = [\"**\"]\n"
    r"|[general]\n|paths = [\"\"]\n|role = \"team\"\n|max_after = 1.0\n|a.b.c = 1\n|[",
    "benchmarks": r"{\"a\": |\"b\"|, |1e999|NaN|\\ud800|\"\\ud800\"|null\n|{\"a\": \"b\"}\n|[[[[[[",
    "locks": r"a@^1, \"b@npm:2\":\n|  version \"1.2\"\n|  version: 1.2\n|  /a/1.2:\n|  '@a/b@1.2(c@3)': {}\n|a.b:c:1.2=d\n"
    r"|{\"packages\": |[{\"name\": \"a\", \"version\": \"v1\"}]|{\"default\": {\"a\": {\"version\": \"==1\"}}}|[[package]]\nname = \"a\"\n"
    r"|<project>|<dependencies>|<dependency>|<groupId>a</groupId>|<version>${a}</version>|<!DOCTYPE a [|<!ENTITY b 'c'>|]>|&b;|</project>"
    r"|    a (1.2)\n|a[b]==1.2\n|\ta.b/c v1.2\n|require ",
    "forge": r"{\"diff_hunk\": \"|@@ -1,2 +4,3 @@\\n|\"path\": \"|\"body\": \"|\"user\": {\"login\": \"|\"notes\": ["
    r"|\"position\": {|\"number\": |\"title\": \"|null|, |}, {|}]|\n{|```suggestion\\n|@user |\\ud800|1e999"
    r"|Traceback (most recent call last):\\n|\"created_at\": \"0001|[",
    "jsonl": r"{\"instruction\": \"a\", \"output\": \"b\"}\n|{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, "
    r"|{\"role\": \"assistant\", \"content\": \"b\"}]}\n|{\"prefix\": \"a\", \"middle\": \"b\"}\n|\"weight\": 0, |\"labels\": {"
    r"|\"kind\": \"fim\", \"maker\": \"x\", \"answer\": \"b\", \"prompt\": null|\"from\": \"gpt\"|\"conversations\": [|\\ud800|\\u0000"
    r"|\"history\": [[1, 2]]|1e999|NaN|[[[[|\"chosen\": |\"rejected\": |\"text\": \"<\"",
    "json": r"[{\"instruction\": \"a\", \"output\": \"b\"}, |{\"data\": [|{\"prompt\": \"a\", \"completion\": \"b\"}|]}|]|\ufeff"
    r"|{\"a\": 1, \"a\": 2}|\n, |[[[[[[",
    "yaml": r"- input: a\n  output: b\n|examples:\n|- &a [x]\n|- *a\n|  context: {a: 'b'}\n|<<: *a\n|!!python/object:a |!!timestamp x"
    r"|? |- - - - |1:1:1:1|.inf|0x1|2020-01-01|: #\n|%YAML 1.1\n---\n|\n...\n|>-\n  a\n\n|--- |[{a: |\"\\x41\"|~",
    "git": r"\0|\x01cccc\0|\0Ada\0ada@a.b\x001700000000\x001700000000\0Begin\n\0|\n:100644 100644 aaaa bbbb M\0"
    r"|:000000 100644 0000 bbbb A\0a.py\0"
    r"|:100644 100644 a b R100\0old\0new\0|:\0|: \0|100644 blob aaaa     12\ta.py\0|160000 commit aaaa       -\tsub\0"
    r"|120000 blob\0|²|[remote \"o\"]\n"
    r"|\tpromisor = true\n|refs/heads/main|@{|.lock|a = |a = \"",
}
"""Words of each reader, between bars, with the escapes of Python."""


def own_words(name: str) -> tuple[bytes, ...]:
    """What this reader looks for."""
    return tuple(
        ast.literal_eval(f"'{word.replace(chr(39), chr(92) + chr(39))}'").encode() for word in OWN.get(name, "").split("|") if word
    )


AS_THEY_ARE: dict[str, tuple[bytes, ...]] = {
    "licences": (MIT.encode(), b"/* SPDX-License-Identifier: (MIT OR Apache-2.0) AND BSD-3-Clause */\n"),
    "pages": (
        b"<!doctype html><html><body><main><h1>A</h1><p>Some &amp; text</p><pre>a\n b</pre><ul><li>x</li></ul></main></body></html>",
    ),
    "forge": (json.dumps([SAID, PULL]).encode(), json.dumps([{"notes": [NOTE]}]).encode()),
}


Edits = list[tuple[int, int, int, int, bytes]]


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """Inputs that are as they should be."""
    code = tuple(file.read_bytes() for file in FILES)
    page = (ROOT / "docs" / "dataset.md").read_bytes()[:3000]
    own = own_words(name)
    if name in ("tar", "tgz", "txz"):
        return tuple(_tar({"tar": "w", "tgz": "w:gz", "txz": "w:xz"}[name], form) for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    if name == "zip":
        return tuple(_zip(method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    if name in ("parquet", "columns"):
        return (_parquet(),)
    if name == "lessons":
        return (*(bytes([number]) + text for number, text in enumerate((page, *code))), bytes([0]) + page)
    if name == "edits":
        before, after = code[0], code[0].replace(b"return", b"return not", 2)
        return (
            b"\0".join([b"Handle an empty basket in the shop", before, after]),
            b"\0".join([b"Add a price", b"a = 1\n" * 9, b"a = 1\n" * 12]),
        )
    if name in ("rules", "recipe"):
        return (b"".join(own[-12:]), b'name = "a"\n[[source]]\npath = "."\n', b'[[rules]]\nid = "a"\nregex = "(key)"\nkeywords = ["key"]\n')
    if name in AS_THEY_ARE:
        return (*AS_THEY_ARE[name], *own[:1])
    if name == "scrub":
        return tuple(one.data for one in (*list(planted.structured())[::40], *list(planted.generic())[::60], *planted.private_keys()))
    return (page, b"".join(own), *own[:6], *code)


def _tar(mode: str, form: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode, format=form) as archive:  # type: ignore[call-overload]  # of a mode that is text
        for path, data in (("shop/a.py", b"x = 1\n" * 40), ("shop/" + "long/" * 60 + "größe.rb", b"1\n"), ("shop/b", b"")):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for kind in (tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo(f"shop/{kind!r}")
            member.type, member.linkname = kind, "a.py"
            archive.addfile(member)
    return stream.getvalue()


def _zip(method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for path, data in (("shop/a.py", b"x = 1\n" * 40), ("shop/größe.rb", b"1\n"), ("shop/b/", b"")):
            archive.writestr(path, data)
    return stream.getvalue()


def _parquet() -> bytes:
    span = Span(source="shop", commit="c" * 40, path="a.py", start=0, end=9, time=1, authors=("a-1",))
    rows = [
        Sample(kind="raw", maker="raw", answer=f"x = {number}\n", labels={"language": ("python",)}, origins=(span,)) for number in range(20)
    ]
    rows += [
        Sample(kind="fim", maker="fim.node", prompt=Hole(path="a.py", prefix="x = ", suffix="\n"), answer=str(number))
        for number in range(5)
    ]
    rows += [Sample(kind="write", maker="write", prompt=(Message(role="user", content="Write it"),), answer="def f(): ...")]
    with tempfile.TemporaryDirectory() as place:
        samples.write(Path(place), "train", rows)
        return (Path(place) / "train" / "part-00000.parquet").read_bytes()


def spoiled(seed: bytes, accidents: Edits) -> bytes:
    """The input after some accidents."""
    data = bytearray(seed)
    for accident, place, size, times, word in accidents:
        start = place % (len(data) + 1)
        end = min(len(data), start + size)
        if accident == 0:
            del data[start:end]
        elif accident == 1:
            data[start:start] = word * times
        elif accident == 2:
            data[start:start] = data[start:end] * times
        elif accident == 3 and start < len(data):
            data[start] ^= 1 << times % 8
        elif accident == 4:
            data[start:end] = word
        elif accident == 5:
            data[:] = data.replace(b"\n", (b"\r\n", b"\r", b"\n\n")[times % 3])
    return bytes(data)


def words(name: str) -> tuple[bytes, ...]:
    """What the reader of this target looks for."""
    return (*WORDS, *own_words(name))


def inputs(name: str) -> st.SearchStrategy[bytes]:
    """Inputs of a target."""
    word = st.sampled_from(words(name))
    place = st.integers(0, 1 << 16)
    accident = st.tuples(st.integers(0, 5), place, st.integers(0, 60), st.integers(1, 20), word)
    return st.one_of(
        st.builds(spoiled, st.sampled_from(seeds(name)), st.lists(accident, min_size=1, max_size=8)),
        st.lists(word, max_size=40).map(b"".join),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.binary(max_size=300),
    )
