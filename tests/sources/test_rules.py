"""Which paths are read, by their names and by what the tree says of them."""

from __future__ import annotations

import pytest

from idiolect.recipe import Source
from idiolect.sources import rules
from idiolect.sources.attributes import Attributes


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


@pytest.mark.parametrize(
    "path",
    ["a/uv.lock", "bun.lockb", "web/dist/a.js", "api/a_services_pb.rb", "a.grpc.swift", "Form.g.i.cs", "a.freezed.dart",
    "x/zz_generated.deep.go",
     "htmlcov/index.html", "a.pbxproj", "src/R.java", "a/.svelte-kit/x.js", "schema/graphql-schema.json", "mock_store.go", "a.gen.ts"],
)  # fmt: skip
def test_what_programs_write_is_known_by_its_path(path: str) -> None:
    assert rules.refusal(Source(path="x"), path) == "generated"


@pytest.mark.parametrize(
    "path",
    ["deps/jsx/a.erl", "a/elm-stuff/x.elm", "x/Carthage/Build/a.swift", "cmake/FindFoo.cmake", "static/tinymce/a.js", "include/catch.hpp",
     "lib/sqlite3.c", "a/fontawesome-5/all.css", "web/d3.v7.min.js", "public/jquery.validate.js", "a.egg-info/x.py", ".terraform/x.hcl",
     "packages/NUnit.2.5.7.10213/a.cs", "third-party/a.go", "sorbet/rbi/gems/a.rb", "swagger-ui/index.html"],
)  # fmt: skip
def test_what_others_wrote_is_known_by_its_path(path: str) -> None:
    assert rules.refusal(Source(path="x"), path) in ("vendored", "minified")


@pytest.mark.parametrize(
    "path",
    ["app/javascript/controls.js", "src/effects.js", "app/turbo.js", "lib/deps/graph.py", "app/models/chart.rb", "bin/compile",
    "config/locale/de.yml",
     "src/compile.py", "lib/mock_server.py", "app/assets/dist_helper.js", "docs/api/index.html", "src/pods.py",
     "app/assets/animate_in.css"],
)  # fmt: skip
def test_what_a_team_may_well_call_so_is_read(path: str) -> None:
    assert rules.refusal(Source(path="x"), path) == ""


def test_what_the_attributes_state_counts_more_than_the_path() -> None:
    said = Attributes({".gitattributes": b"vendor/ours/** -linguist-vendored\napp/** linguist-vendored\n*.pb.go -linguist-generated\n"
                       b"made.py linguist-generated\n*.bbj9 linguist-language=BASIC\n"})  # fmt: skip
    source = Source(path="x")
    wanted = {
        "vendor/ours/a.rb": "",
        "vendor/a.rb": "vendored",
        "app/a.rb": "vendored",
        "x.pb.go": "",
        "made.py": "generated",
        "a.bbj9": "",
    }
    assert {path: rules.refusal(source, path, said) for path in wanted} == wanted
    assert rules.refusal(source, "a.bbj9") == "no-language"
