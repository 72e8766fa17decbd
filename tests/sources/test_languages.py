"""What language a file is in."""

from __future__ import annotations

import pytest

from idiolect.sources import languages


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.py", "python"), ("a/b.rb", "ruby"), ("Gemfile", "ruby"), ("Rakefile", "ruby"), ("x.gemspec", "ruby"), ("v/show.html.erb",
        "html+erb"),
        ("a.haml", "haml"), ("a.js", "javascript"), ("a.jsx", "javascript"), ("a.ts", "typescript"), ("a.tsx", "tsx"), ("A.java", "java"),
        ("a.kt", "kotlin"), ("a.go", "go"), ("a.c", "c"), ("a.h", "c"), ("a.cpp", "c++"), ("a.hpp", "c++"), ("a.cs", "c#"), ("a.php",
        "php"),
        ("a.rs", "rust"), ("a.swift", "swift"), ("a.scala", "scala"), ("a.sh", "shell"), ("a.sql", "sql"), ("a.html", "html"), ("a.css",
        "css"),
        ("a.scss", "scss"), ("a.yml", "yaml"), ("a.toml", "toml"), ("a.json", "json"), ("README.md", "markdown"), ("a.rst",
        "restructuredtext"),
        ("Makefile", "makefile"), ("x.mk", "makefile"), ("Dockerfile", "dockerfile"), ("Dockerfile.dev", "dockerfile"), ("A.CBL", "cobol"),
        ("a.cpy", "cobol"), ("a.bas", "basic"), ("a.vb", "vb.net"), ("CMakeLists.txt", "cmake"), ("notes.txt", "text"), ("a.proto",
        "protocol buffer"),
        ("a.unknown", ""), ("a.png", ""), (".gitignore", ""), ("README", "markdown"),
    ],
)  # fmt: skip
def test_a_language_is_known_by_its_name(path: str, name: str) -> None:
    assert languages.language(path, b"") == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"#!/usr/bin/env python3\n", "python"), (b"#!/usr/bin/python3.11 -u\n", "python"), (b"#!/bin/sh\n", "shell"),
        (b"#! /bin/bash -e\n", "shell"),
        (b"#!/usr/bin/env -S ruby -w\n", "ruby"), (b"#!/usr/bin/env FOO=1 node\n", "javascript"), (b"#!/opt/thing\n", ""), (b"hello", ""),
    ],
)  # fmt: skip
def test_a_file_without_an_extension_is_known_by_its_first_line(line: bytes, name: str) -> None:
    assert languages.language("bin/run", line) == name
    assert languages.language("bin/run") == "?"


def test_a_header_with_classes_is_cpp() -> None:
    assert languages.language("a.h", b"#pragma once\nnamespace shop {\n") == "c++"
    assert languages.language("a.h", b"struct point { int x; };\n") == "c"


def test_a_file_of_a_language_has_names_that_are_of_it_the_usual_one_first() -> None:
    for name in {languages.named(one) for one in ("ruby", "rb", "c++", "erb", "bash", "bbj", "TypeScript", "hcl", "sql", "pug")}:
        assert {languages.language(one) for one in languages.file_names("a", name)} == {name}
    assert [languages.file_names("a", name)[0] for name in ("ruby", "c++", "javascript", "python")] == ["a.rb", "a.cpp", "a.js", "a.py"]
    assert languages.file_names("a", "basic") == ["a.bas", "a.bbj", "a.bbx"]
    assert [languages.file_names("a", name) for name in ("strange", "", "../b")] == [["a.strange"], ["a"], ["a"]]
