"""Which paths are read, by their names and by what the tree says of them."""

from __future__ import annotations

import pytest

from idiolect import rules
from idiolect.recipe import Source


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("vendor/a.rb", "vendored"), ("web/node_modules/x/a.js", "vendored"), ("third_party/a.c", "vendored"), ("lib/jquery-3.1.js",
        "vendored"),
        ("public/bootstrap.css", "vendored"), ("gradlew", "vendored"), (".yarn/releases/yarn.cjs", "vendored"), ("Pods/A/a.swift",
        "vendored"),
        ("Gemfile.lock", "generated"), ("package-lock.json", "generated"), ("db/schema.rb", "generated"), ("api/v1/user.pb.go",
        "generated"),
        ("api/user_pb2.py", "generated"), ("Form.Designer.cs", "generated"), ("src/__generated__/x.ts", "generated"),
        ("spec/cassettes/a.yml", "generated"),
        ("app.js.map", "generated"), ("a.min.js", "minified"), ("dist/a.js", "generated"), ("a.xyz", "no-language"), ("logo.svg",
        "no-language"),
    ],
)  # fmt: skip
def test_a_path_says_what_is_somebody_elses_or_a_programs(path: str, reason: str) -> None:
    assert rules.refusal(Source(path="x"), path) == reason


@pytest.mark.parametrize(
    "path", ["app/models/user.rb", "lib/vendored.rb", "src/build/plan.py", "app/javascript/controllers/vue_controller.js", "bin/setup",
    "app/target/a.go",
             "docs/vendor.md", "db/migrate/1_a.rb", "test/fixtures/users.yml"]
)  # fmt: skip
def test_a_teams_own_paths_are_read(path: str) -> None:
    assert rules.refusal(Source(path="x"), path) == ""
