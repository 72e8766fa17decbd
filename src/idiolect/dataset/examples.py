"""Sources of rows: read, shaped and scrubbed. Rows are Samples already, so no maker sees them; all that comes after makers does.

A row's bytes are its origin: the file, by its digest, and where in it the row stands. It has no time, and no commit.
"""

from __future__ import annotations

import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idiolect import rows
from idiolect.dataset import admission, units
from idiolect.dataset.admission import Facts
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.scrubbing import Scrubbing
from idiolect.dataset.splits import Side
from idiolect.errors import SourceError
from idiolect.files import digest_file, digest_json, real
from idiolect.labels import LESSONS_OWN, unknown
from idiolect.pack import Labeller, Pack
from idiolect.recipe import Recipe, Source
from idiolect.scrub import Scrubber
from idiolect.sources import attributes, globs, languages, shown
from idiolect.sources.forgetting import named
from idiolect.sources.licences import Licences
from idiolect.sources.rules import FORGOTTEN, Rules
from idiolect.types import Document, Dropped, Hole, Sample, Span, Split

MOST_TOLD = 50
"""Values of a label that is told in training though no list of it is closed: what has more names things, and steers nothing."""
Table = Mapping[str, Sequence[str]]
"""The values of each label of which the recipe has a closed list."""
PROBE = "row_probe"
"""Name of the maker of a held-out row."""
UNKNOWN_LABEL = "unknown-label"
CLUSTER = "cluster"
"""Label of a held-out row: the near relatives that it was held out with, which are resampled as a whole."""


class Spool(Sequence[Sample]):
    """Samples on disk, in a file without a name: memory holds where each begins."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed when nobody holds this any more
        weakref.finalize(self, self._file.close)
        self._starts = [0]

    def add(self, sample: Sample) -> None:
        """Put one behind the others."""
        self._file.seek(self._starts[-1])
        self._starts.append(self._starts[-1] + self._file.write(sample.model_dump_json().encode()))

    def size(self, index: int) -> int:
        """Bytes of one, about."""
        return self._starts[index + 1] - self._starts[index]

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: Any) -> Any:
        self._file.seek(self._starts[index])
        return Sample.model_validate_json(self._file.read(self.size(index)))


@dataclass
class Examples:
    """What one source of rows gives."""

    source: Source
    """With the weight that it has earned."""
    samples: Spool = field(default_factory=Spool)
    rows: list[int] = field(default_factory=list)
    """The number of the row that each sample is of."""
    sides: list[Side | None] = field(default_factory=list)
    """Of each sample; None: a duplicate. Filled by `examples_apart.divide`."""
    clusters: list[str] = field(default_factory=list)
    """What each sample's near relatives are called together; filled there too."""
    forms: Counter[str] = field(default_factory=Counter)
    """Rows that were read, by form."""
    unread: Counter[str] = field(default_factory=Counter)
    """Fields that nothing was made of, by how many rows have them."""
    labels: dict[str, set[str]] = field(default_factory=dict)
    """The values of each label that rows bring, at most one more than are told."""
    faults: int = 0
    """Rows of which nothing was made."""
    admission: dict[str, object] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        """Put a sample of the row that was read last behind the others."""
        self.samples.add(sample)
        self.rows.append(self.forms.total())
        for name, values in sample.labels.items():
            held = self.labels.setdefault(name, set())
            held.update(values[: MOST_TOLD + 1 - len(held)])

    def metrics(self) -> dict[str, Any]:
        """Counts, for the run and the card."""
        sides = Counter(side or "duplicate" for side in self.sides)
        return {
            "rows": self.forms.total(), "faults": self.faults, "forms": dict(sorted(self.forms.items())), "samples": len(self.samples),
            "sides": dict(sorted(sides.items())), "unread": dict(sorted(self.unread.items())),
        }  # fmt: skip


def sources(recipe: Recipe) -> list[Source]:
    """The sources of rows that are not forgotten."""
    gone = named(recipe.dataset.without, "source")
    return [one for one in recipe.sources if one.name not in gone and rows.told(one, recipe.folder)]


def digests(recipe: Recipe) -> dict[str, str]:
    """What a run's key holds of them: the names and bytes of their files."""
    found = {}
    for source in sources(recipe):
        root = real(recipe.folder / source.path)
        held = [(rows.label(root, file), digest_file(file)) for file in rows.files(source, recipe.folder)]
        found[f"source:{source.name}"] = digest_json(held)
    return found


def shows(source: Source) -> Facts:
    """Rows show nothing of how they came about."""
    nothing = f"{admission.UNKNOWN}: rows"
    return Facts("rows", 0, 0.0, "", 0.0, 0.0, 0.0, 0, 0, source.licence, nothing, nothing)


def read(recipe: Recipe, source: Source, funnel: Funnel, scrubbing: Scrubbing, table: Table) -> Examples:
    """Read a source of rows. One that is not admitted gives nothing; one in which nothing can be learned from is a SourceError."""
    if source.role == "legacy":
        raise SourceError(
            "rows have answers, and a source in the role 'legacy' gives none", where=source.name, next="take the role out of the recipe"
        )
    facts = shows(source)
    judged = next(iter(funnel.sift("admit", "sources", [admission.judged(source, facts)])), None)
    found = Examples(judged or source, admission=admission.row(source, facts))
    if judged is None:
        return found
    told = Rules(source, attributes.NONE, Licences(source.licence, {}), {})
    reader = _Reader(recipe, told, scrubbing, found, table)
    for item in funnel.sift("rows", "rows", (scrubbing.dropped(one) if isinstance(one, Dropped) else one for one in reader.shaped())):
        for sample in funnel.sift("scrub rows", "samples", reader.cleaned(item)):
            found.add(sample)
    if not found.samples:
        why = f"{found.faults:,} rows, none of them good" if found.faults else "no rows at all"
        raise SourceError(f"holds no row to learn from ({why})", where=source.name, next="see `idiolect samples check FILE`")
    return found


class _Reader:
    """Reads the files of one source."""

    def __init__(self, recipe: Recipe, told: Rules, scrubbing: Scrubbing, found: Examples, table: Table) -> None:
        self.recipe, self.told, self.scrubbing, self.found, self.table = recipe, told, scrubbing, found, table
        self.globs = named(recipe.dataset.without, "path")

    def shaped(self) -> Iterator[tuple[Span, tuple[Sample, ...]] | Dropped]:
        """The rows of all files, or why there is nothing of them."""
        source = self.told.source
        root = real(self.recipe.folder / source.path)
        for file in rows.files(source, self.recipe.folder):
            label = rows.label(root, file)
            if reason := self._refusal(label):
                yield Dropped(reason=reason, what=shown(label), source=source.name)
                continue
            whole = Span(source=source.name, commit=digest_file(file), path=label, start=0, end=0, time=0, licence=source.licence)
            for item in rows.read(file, self.recipe.dataset.max_file_bytes):
                made = self._made(item, whole)
                self.found.faults += isinstance(made, Dropped)
                yield made

    def _refusal(self, label: str) -> str:
        if languages.bad_path(label):
            return "bad-path"
        if globs.matches(label, self.globs):
            return FORGOTTEN
        return units.SECRET_PATH if self.scrubbing.scrubber.text(label) != label else ""

    def _made(self, item: rows.Row | rows.Fault, whole: Span) -> tuple[Span, tuple[Sample, ...]] | Dropped:
        what = f"{whole.path}:{item.line}"
        if isinstance(item, rows.Fault):
            return Dropped(reason=item.reason, what=what, source=whole.source, detail=item.detail)
        try:
            made = rows.shaped(item.value)
        except rows.Refused as why:
            return Dropped(reason=why.reason, what=what, source=whole.source, detail=why.detail)
        if wrong := next(filter(None, (unknown(one.labels, self.table) for one in made.samples)), ""):
            return Dropped(reason=UNKNOWN_LABEL, what=what, source=whole.source, detail=wrong)
        licence = made.licence or whole.licence
        if not self.told.may_learn(licence):
            return Dropped(reason="licence", what=what, source=whole.source, detail=licence or "unknown")
        self.found.forms[made.form] += 1
        self.found.unread.update(made.unread)
        return whole.model_copy(update={"start": item.start, "end": item.end, "licence": licence}), made.samples

    def cleaned(self, row: tuple[Span, tuple[Sample, ...]]) -> Iterator[Sample | Dropped]:
        """The samples of a row without secrets; one whose answer held one is dropped."""
        span, samples = row
        for sample in samples:
            made, rules = clean(sample.model_copy(update={"origins": (span, *sample.origins)}), self.scrubbing.scrubber)
            self.scrubbing.row(sample.id, rules)
            yield made or Dropped(reason=units.SECRET_ANSWER, what=sample.id, source=span.source)


def clean(sample: Sample, scrubber: Scrubber) -> tuple[Sample | None, tuple[str, ...]]:
    """A sample without secrets and personal data, and the rules that found some; None where its answer held a secret.

    The pieces of a hole are looked at as the one run of text that they are: a secret may not hide in the cut.
    """
    rest = [*(word for values in sample.labels.values() for word in values), *(span.path for span in sample.origins[1:])]
    found = scrubber.scrub("\n".join([*runs(sample), *rest]).encode())
    rules = tuple(one.rule for one in found.findings)
    if not found.replaced:
        return sample, ()
    made = _replaced(sample, scrubber)
    apart = "\n".join(runs(made)) != "\n".join(scrubber.text(run) for run in runs(sample))
    moved = (sample.spans and made.answer != sample.answer) or (sample.rejected_spans and made.rejected != sample.rejected)
    return None if apart or moved or units.teaches(made, scrubber) else made, rules


def runs(sample: Sample) -> Iterator[str]:
    """The texts of a sample, a hole with its answer in it as one."""
    hole = sample.prompt
    if isinstance(hole, Hole):
        yield hole.prefix + hole.typed + (sample.answer or "") + hole.suffix
        yield from (said for said in rows.texts(sample.model_copy(update={"prompt": None, "answer": None})))
        yield from (said for file in hole.files for said in (file.path, file.text))
        yield hole.path
    else:
        yield from rows.texts(sample)


def _replaced(sample: Sample, scrubber: Scrubber) -> Sample:
    """Each text by itself."""
    values = _scrubbed(sample.model_dump(include={"prompt", "answer", "rejected", "files", "labels"}), scrubber)
    kept = {"origins": sample.origins[:1], "spans": sample.spans, "rejected_spans": sample.rejected_spans}
    more = sample.model_dump(include={"kind", "maker", "weight", "confidence"})
    return Sample.model_validate({**values, **more, **kept})


def _scrubbed(value: Any, scrubber: Scrubber) -> Any:
    if isinstance(value, str):
        return scrubber.text(value)
    if isinstance(value, dict):
        return {key: one if key == "role" else _scrubbed(one, scrubber) for key, one in value.items()}
    return type(value)(_scrubbed(one, scrubber) for one in value) if isinstance(value, list | tuple) else value


def lessons(one: Examples, side: Side, packs: Iterable[Pack]) -> Iterator[Sample]:
    """The samples of a side, labelled by the packs; what a person wrote in a row counts more than what a pack sees in it."""
    labellers = [pack.label for pack in packs if pack.label]
    for index, chosen in enumerate(one.sides):
        if chosen == side:
            yield _labelled(one.samples[index], one.source, labellers)


def told(held: Iterable[Examples], table: Table) -> list[str]:
    """Labels that rows bring and no closed list declares, which training tells as it tells those: of the code, and of few values."""
    values: dict[str, set[str]] = {}
    for name, some in (item for one in held for item in one.labels.items()):
        values.setdefault(name, set()).update(some)
    return sorted(name for name, some in values.items() if name not in table and name not in LESSONS_OWN and len(some) <= MOST_TOLD)


def probes(held: Iterable[Examples]) -> Iterator[tuple[Split, Sample] | Dropped]:
    """The held-out samples as probes; an answer that is blank stands in every text, and asks for nothing."""
    for one in held:
        for index, side in enumerate(one.sides):
            if side in ("cluster", "source"):
                sample = one.samples[index]
                if not (sample.answer or "").strip():
                    yield Dropped(reason="empty-answer", what=sample.id, source=one.source.name)
                    continue
                labels = {**sample.labels, CLUSTER: (one.clusters[index],)}
                yield side, sample.model_copy(update={"maker": PROBE, "labels": labels, "weight": 1.0})


def _labelled(sample: Sample, source: Source, labellers: Sequence[Labeller]) -> Sample:
    if not labellers:
        return sample
    hole = sample.prompt
    text = next(runs(sample)) if isinstance(hole, Hole) else sample.answer or ""
    span = sample.origins[0]
    path = hole.path if isinstance(hole, Hole) and hole.path else span.path
    language = next(iter(sample.labels.get("language", ())), "")
    document = Document(source.name, source.role, span.commit, path, language, text.encode(), 0, licence=span.licence)
    found = {name: values for labeller in labellers for name, values in labeller(document).items()}
    return sample.model_copy(update={"labels": {**found, **sample.labels}})


def count(recipe: Recipe, source: Source, table: Table) -> dict[str, Any]:
    """What a source of rows holds, for a look before anything is built: files, rows by form, and what is no row."""
    found: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    held: list[Path] = rows.files(source, recipe.folder)
    for item in (item for file in held for item in rows.read(file, recipe.dataset.max_file_bytes)):
        if isinstance(item, rows.Fault):
            dropped[item.reason] += 1
            continue
        try:
            made = rows.shaped(item.value)
        except rows.Refused as why:
            dropped[why.reason] += 1
            continue
        if any(unknown(one.labels, table) for one in made.samples):
            dropped[UNKNOWN_LABEL] += 1
        else:
            found[made.form] += 1
    return {"files": len(held), "bytes": sum(one.stat().st_size for one in held), "forms": dict(found), "dropped": dict(dropped)}
