"""Reviews and diagnoses, from the files of a forge and a history to the dataset: what is made is what a person has read and agreed to."""

import json
from pathlib import Path

import pytest

from idiolect import recipe
from idiolect.errors import SourceError
from idiolect.registry import Run
from tests.dataset.reviewed_shop import FINDINGS, GOLDEN, Shop, described, lessons


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def built(shop: Shop) -> Run:
    return shop.build()


def test_the_lessons_of_a_reviewed_shop_are_those_that_stand_beside_this_file(built: Run) -> None:
    assert described(built) == GOLDEN.read_text(encoding="utf-8")


def test_every_task_of_a_review_is_taught(built: Run) -> None:
    makers = {one.maker for one in lessons(built)}
    assert makers >= {"review.needed", "review.comment", "review.fix", "passed", "followup.fix", "diagnose", "diagnose.test"}


def test_nobody_is_named_and_what_was_said_has_its_origin_in_the_export(built: Run, shop: Shop) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in built.folder.rglob("*.jsonl"))
    for one in lessons(built):
        assert isinstance(one.prompt, tuple)
        text += one.prompt[0].content + str(one.answer)
        for span in one.origins:
            if not span.commit:
                row = json.loads((shop.exports.parent / span.path).read_bytes()[span.start : span.end])
                assert row["created_at"]
                assert span.authors[0].startswith("a-")
    assert not [name for name in ("ida-example", "bob-example", "vera-example", "Kim-Of-Sales") if name in text]


def test_another_export_is_another_dataset(shop: Shop, built: Run) -> None:
    assert shop.build().name == built.name
    file = shop.exports / "comments.json"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("please round", "please round down"), encoding="utf-8")
    try:
        again = shop.build()
    finally:
        file.write_text(before, encoding="utf-8")
    assert again.name != built.name
    assert any("please round down" in str(one.answer) for one in lessons(again))


def test_what_a_review_teaches_has_the_labels_of_the_files_that_it_is_about(shop: Shop) -> None:
    signs = {"value": "priced", "sign": [{"text": "cents"}]}
    found = lessons(shop.build(label=[signs]))
    taught = [one for one in found if one.maker.startswith(("review", "passed")) and "basket" in str(one.origins)]
    assert taught and all(one.labels.get("generation") == ("priced",) for one in taught)


def test_somebody_who_is_forgotten_has_said_nothing(shop: Shop) -> None:
    run = shop.build(dataset={"without": ["author=ida-example"]})
    assert not [one for one in lessons(run) if one.maker.startswith("review")]
    assert run.metrics["dropped"]["forgotten"] == 4


def test_what_a_check_of_a_pack_held_against_code_that_was_mended_is_a_review(shop: Shop) -> None:
    run = shop.checked()
    assert described(run) == FINDINGS.read_text(encoding="utf-8")
    assert {one.maker for one in lessons(run)} == {"finding.needed", "finding.comment", "finding.fix", "finding.passed"}


def test_an_export_that_is_not_there_is_an_error_that_says_so(shop: Shop) -> None:
    with pytest.raises(SourceError, match="no forge export"):
        shop.build(source={"forge": ["nowhere/*.json"]})


def test_the_words_of_a_pull_request_stand_in_for_a_message_that_says_nothing(shop: Shop) -> None:
    found = lessons(shop.build(dataset={"makers": ["diff"]}))
    asked = [one for one in found if isinstance(one.prompt, tuple) and "Send dear baskets for nothing" in one.prompt[0].content]
    assert len(asked) == 1
    assert "reviews/pulls.json" in {span.path for span in asked[0].origins}
    told = {"name": "acme", "source": [{"path": str(shop.folder)}], "dataset": {"makers": ["diff"]}}
    assert recipe.parse(told, folder=Path(shop.exports.parent)).sources[0].forge == ()
