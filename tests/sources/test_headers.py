"""Copyright headers stay out of the text, and each byte that is left knows where in the file it stood."""

from __future__ import annotations

import time

import pytest

from idiolect.sources import headers
from idiolect.types import Document

LINES = b'# Copyright 2024 A Team\n#\n# Licensed under the Apache License, Version 2.0 (the "License");\n# you may not use this file except in compliance with the License.\n#\n# Unless required by applicable law, this software is distributed without warranties.\n'  # noqa: E501
BLOCK = b"/*\n * Copyright (c) 2024 A Team. All rights reserved.\n *\n * Redistribution and use are permitted.\n */\n"
CODE = b"def greet(name):\n    return f'hello {name}'\n"


@pytest.mark.parametrize(
    ("known", "data", "left"),
    [
        ("python", LINES + b"\n" + CODE, CODE), ("python", b"#!/usr/bin/env python3\n" + LINES + CODE, b"#!/usr/bin/env python3\n" + CODE),
        ("ruby", b"# frozen_string_literal: true\n\n" + LINES + b"\n" + CODE, b"# frozen_string_literal: true\n\n" + CODE),
        ("c", BLOCK + b"\nint main;\n", b"int main;\n"), ("php", b"<?php\n" + BLOCK + b"\nclass A {}\n", b"<?php\nclass A {}\n"),
        ("go", b"// SPDX-License-Identifier: MIT\n\npackage a\n", b"package a\n"),
        ("html", b"<!-- Copyright A -->\n<p>hi</p>\n", b"<p>hi</p>\n"),
        ("python", LINES + b"#\n# Greets people by name.\n" + CODE, b"# Greets people by name.\n" + CODE),
        ("python", LINES.replace(b"\n", b"\r\n") + b"\r\n" + CODE, CODE),
        ("python", b"\xef\xbb\xbf" + LINES + CODE, b"\xef\xbb\xbf" + CODE),
        ("c", b"// Copyright A\n\n/* Copyright B */\nint a;\n", b"int a;\n"), ("sql", b"-- Copyright A\nSELECT 1;\n", b"SELECT 1;\n"),
    ],
)  # fmt: skip
def test_a_header_goes_and_nothing_else(known: str, data: bytes, left: bytes) -> None:
    text, pieces = headers.stripped(data, known)
    assert text == left
    assert b"".join(data[there : there + size] for _, there, size, _ in pieces) == left


@pytest.mark.parametrize(
    ("known", "data"),
    [
        ("python", CODE), ("python", b"# Greets people by name.\n" + CODE), ("python", b""), ("python", b"\n\n"),
        ("c", b"#include <stdio.h>\n// Copyright\nint a;\n"), ("python", b"'''Copyright laws explained.'''\n" + CODE),
        ("c", b"/*\n * Copyright A\n *\n * This module greets people by name.\n */\nint a;\n"),
        ("python", b"# How licences are parsed.\n" + CODE), ("python", b"def a():\n    pass\n\n\n# Copyright A\n"),
        ("markdown", b"# Copyright\n\nOurs.\n"), ("css", b"#copyright { color: red }\n"), ("javascript", b"'use strict'; // (c) A\na()\n"),
        ("markdown", b"---\ncopyright: A\n---\n"), ("", LINES),
    ],
)  # fmt: skip
def test_what_is_no_header_stays(known: str, data: bytes) -> None:
    assert headers.stripped(data, known) == (data, ())


def test_spans_of_what_is_left_name_the_bytes_of_the_file() -> None:
    data = b"#!/bin/sh\n" + LINES + b"\necho one\necho two\n"
    text, pieces = headers.stripped(data, "shell")
    document = Document("shop", "team", "c" * 40, "run", "shell", text, 0, pieces=pieces)
    for start in range(10, len(text)):
        span = document.span(start, len(text))
        assert data[span.start : span.end] == text[start:]
    whole = document.span()
    assert (whole.start, whole.end) == (0, len(data))
    assert (document.span(2, 8).start, document.span(2, 8).end) == (2, 8)
    assert document.span(10, 10).start == document.span(10, 10).end == len(data) - len(b"echo one\necho two\n")


def test_hostile_tops_take_little_time() -> None:
    start = time.process_time()
    for data in (
        b"#\n" * 500_000,
        b"/*" * 500_000,
        b"\n" * 1_000_000,
        b"# copyright\n" * 90_000,
        b"<!--" * 300_000,
        b" " * 1_000_000,
        b"(*" * 300_000,
    ):
        for known in ("python", "c", "html", "cobol"):
            headers.stripped(data, known)
    assert time.process_time() - start < 2
