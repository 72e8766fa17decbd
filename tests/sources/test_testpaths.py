"""One rule says what stands with the tests; what a test is of is another question, and a helper answers only the first."""

import pytest

from idiolect.dataset.makers.layers import layer
from idiolect.sources.testpaths import is_test, stem_tested

TESTS = (
    "tests/a.py", "spec/models/a_spec.rb", "src/test_a.py", "src/a.test.ts", "src/GreetTest.java", "x/__tests__/a.js", "a_test.go",
    "src/OrderIT.java", "HTTPTest.java", "TestPrice.py", "web/cart.cy.ts",
)  # fmt: skip
HELPERS = (
    "conftest.py",
    "shop/conftest.py",
    "Tests/Foo/Helper.cs",
    "spec/support/login.rb",
    "test/fixtures/orders.yml",
    "testing/fakes.go",
)
OTHERS = (
    "src/attest.py", "app/contest.rb", "src/Latest.java", "lib/specs.py", "app/testimonials.rb", "docs/AUDIT.md", "src/features/cart.ts",
    "src/Exit.java", "lib/conftests.py",
)  # fmt: skip


@pytest.mark.parametrize("path", TESTS)
def test_a_test_is_known_by_its_path_and_is_of_something_or_in_a_folder_of_tests(path: str) -> None:
    assert is_test(path) and layer(path) == "test"
    assert stem_tested(path) or path == "tests/a.py"


@pytest.mark.parametrize("path", HELPERS)
def test_a_helper_of_tests_stands_with_them_and_tests_nothing(path: str) -> None:
    assert is_test(path) and layer(path) == "test"
    assert stem_tested(path) is None


@pytest.mark.parametrize("path", OTHERS)
def test_what_only_sounds_like_a_test_is_none(path: str) -> None:
    assert not is_test(path) and layer(path) != "test"
