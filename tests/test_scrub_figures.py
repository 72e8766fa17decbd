"""C1, C2 and C4: how much is found of what was planted, and how much of what was not. `bench/scrub.py` prints the same."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from idiolect.scrub import Scrubber, engines, rules
from tests import look_alikes, planted
from tests.planted import Planted

SEED = 100
"""Other values than those that the rules were written with."""


@pytest.fixture(scope="module")
def scrubber() -> Scrubber:
    return Scrubber(rules.together(), look_alikes.people(), engines.by_keywords)


def recall(scrubber: Scrubber, documents: Iterable[Planted]) -> float:
    """Share of the documents in which nothing planted is left."""
    gone = [not any(secret in cleaned for secret in one.secrets) for one in documents if (cleaned := scrubber.scrub(one.data).data)]
    return sum(gone) / len(gone)


def test_what_was_planted_is_there_to_be_found() -> None:
    for one in (*planted.structured(SEED), *planted.generic(SEED), *planted.private_keys(SEED), *look_alikes.personal(SEED)):
        assert one.secrets
        assert all(secret in one.data for secret in one.secrets)


def test_structured_secrets_are_found(scrubber: Scrubber) -> None:
    assert len(planted.STRUCTURED) >= 45
    assert recall(scrubber, planted.structured(SEED)) >= 0.98


def test_generic_secrets_are_found(scrubber: Scrubber) -> None:
    assert recall(scrubber, planted.generic(SEED)) >= 0.90


def test_every_private_key_is_found(scrubber: Scrubber) -> None:
    assert recall(scrubber, planted.private_keys(SEED)) == 1


def test_what_only_looks_like_a_secret_stays(scrubber: Scrubber) -> None:
    hard = list(look_alikes.negatives(SEED))
    assert len(hard) == 2000
    wrong = [one.kind for one in hard if scrubber.scrub(one.data).findings]
    right = 600 * 0.9
    assert right / (right + len(wrong)) >= 0.80
    assert len(wrong) <= 10, wrong


@pytest.mark.parametrize("kind", ["email", "ipv4", "ipv6", "name", "phone"])
def test_personal_data_is_found(scrubber: Scrubber, kind: str) -> None:
    assert recall(scrubber, [one for one in look_alikes.personal(SEED) if one.kind == kind]) >= 0.98
