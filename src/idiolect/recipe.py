"""The recipe: one `idiolect.toml`, read strictly.

Every key is documented beneath itself; what is left out is derived from `effort`, and `idiolect check` prints what that gave.
An unknown key is refused with the nearest known one.
"""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, model_validator

from idiolect.errors import RecipeError
from idiolect.files import real
from idiolect.labels import Label, Sign, complain, unknown
from idiolect.types import Kind, Record, Role, complaint

FILE = "idiolect.toml"
Effort = Literal["quick", "standard", "thorough"]
GgufType = Literal["F16", "Q8_0", "Q4_K_M"]


class Admit(Record):
    """`[source.admit]`, below its `[[source]]`: what a source must show before it is learned from."""

    months: float = Field(default=0.0, ge=0)
    """Least age of its history, first commit to last, in months of 30 days."""
    active_since: datetime.date | None = None
    """Day on which or after which its last commit must be, for instance `2025-01-31`."""
    reviewed: float = Field(default=0.0, ge=0, le=1)
    """Least share of its commits that came by a merge, by a pull request or with a reviewer's name."""
    tested: float = Field(default=0.0, ge=0, le=1)
    """Least share of its commits to code that also touch a test."""
    otherwise: float = Field(default=0.0, ge=0, lt=1)
    """What its weight is multiplied by where it does not show that; 0: it is not learned from."""


class Source(Record):
    """One `[[source]]`: a git repository, a plain folder, an archive or a file of example rows to learn from."""

    path: str
    """The repository, folder, archive (.tar, .tar.gz, .zip and the like) or file of example rows, relative to the recipe."""
    form: Literal["auto", "rows"] = "auto"
    """`rows`: a folder of files of example rows (.jsonl, .json, .yaml, .parquet); a single such file is known by its name."""
    name: str = ""
    """What it is called in every artefact; default: the last part of `path`."""
    include: tuple[str, ...] = ()
    """Globs of paths to read; default: all."""
    exclude: tuple[str, ...] = ()
    """Globs of paths to leave out."""
    weight: float = Field(default=1.0, gt=0)
    """How much its samples count in training."""
    licence: str = ""
    """SPDX id, or any word such as `private`, of every file that says nothing else by its header or by a licence text in its folder."""
    licences: tuple[str, ...] = ()
    """Licences that may be learned from; default: any, but for the role `public` the permissive ones and what `licence` says."""
    role: Role = "team"
    """`team`; `reference` sets the style and counts twice; `public` is background and counts half; `legacy` is read but never an answer."""
    forge: tuple[str, ...] = ()
    """Files of pull requests, review comments and issues that `gh` or `glab` wrote: globs or folders relative to the recipe."""
    admit: Admit = Admit()

    @model_validator(mode="before")
    @classmethod
    def _named_by_its_path(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("name") and isinstance(values.get("path"), str):
            return {**values, "name": Path(values["path"]).name or "source"}
        return values


class ModelRecipe(Record):
    """One `[[model]]`: what is tuned, and on which lessons."""

    name: str = Field(default="idiolect", pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    """Folder and served name."""
    base: str = "seedling"
    """`seedling` (shipped), a local folder, or a hub id such as `Qwen/Qwen2.5-Coder-3B`."""
    kinds: tuple[Kind, ...] = ()
    """Kinds of lesson it learns; default: all."""
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Lessons it learns, by label: `{ generation = ["dwc", "all", ""] }`, with `""` for those without that label; default: all."""

    def must_know(self, vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Raise a RecipeError where it names a value that is none of a closed list (`Vocabulary.table`)."""
        named = {name: [value for value in values if value] for name, values in self.labels.items()}
        if wrong := unknown(named, vocabulary):
            raise RecipeError(f"model '{self.name}': labels: {wrong}", where=FILE, next="mend it, or add a [[label]] of that value")


class DatasetRecipe(Record):
    """`[dataset]`: from repositories to Samples."""

    max_source_share: float = Field(default=0.2, gt=0, le=1)
    """No source weighs more than this share of the lessons, where there are enough of them; shares grow with the root of the bytes."""
    max_author_share: float = Field(default=0.25, gt=0, le=1)
    """The same of an author, where there are enough of them."""
    max_kind_share: float = Field(default=1.0, gt=0, le=1)
    """The same of a kind of lesson."""
    max_language_share: float = Field(default=1.0, gt=0, le=1)
    """The same of a language."""
    max_tokens: int = Field(default=8192, gt=0)
    """Longest lesson of a pack or a row, at three bytes a token: of a longer one what stands nearest to the target is kept."""
    max_file_bytes: int = Field(default=1_000_000, gt=0)
    """Larger files are skipped, with a reason."""
    candidates: int = Field(default=400, gt=0)
    """How many probe candidates the cut by time leaves after it."""
    max_after: float = Field(default=0.2, gt=0, lt=1)
    """No more than this share of the added lines comes after the cut."""
    held_out: str = "auto"
    """A source that is a test set as a whole: its name, `none`, or `auto`: of three or more of the team's the smallest that says enough."""
    without: tuple[Annotated[str, Field(pattern=r"^(?:author|path|source)=.+")], ...] = ()
    """What is forgotten: `path=GLOB`, `source=NAME`, `author=` and an address or a name, which `dataset --without` writes as its hash."""
    makers: tuple[str, ...] = ()
    """Makers of lessons at work, by name (docs/dataset.md); default: those not shown to be useless, and `+NAME`, `-NAME` change that."""
    benchmarks: tuple[str, ...] = ()
    """Public benchmarks, as files or folders relative to the recipe; a lesson that holds text of theirs is dropped."""


class ScrubRecipe(Record):
    """`[scrub]`: secrets and personal data, which leave the text before anything is written."""

    rules: tuple[str, ...] = ()
    """Files of a team's own rules in gitleaks' format, relative to the recipe; they come before ours."""


class TrainRecipe(Record):
    """`[train]`: what is left out is derived from `effort` and the size of the base."""

    learning_rate: float | None = Field(default=None, gt=0)
    """Peak learning rate of AdamW."""
    rank: int | None = Field(default=None, gt=0)
    """Rank of the LoRA matrices; derived: 64 for bases under 200 million parameters, else by `effort`."""
    epochs: float | None = Field(default=None, gt=0)
    """Passes over the lessons, before `tokens` caps them."""
    tokens: int | None = Field(default=None, gt=0)
    """Most tokens to train on, both phases and replay together."""
    length: int | None = Field(default=None, gt=0)
    """Longest lesson in tokens: raw text is cut there, of others what is nearest to their target is kept, of a hole's file 768 tokens."""
    replay: float = Field(default=0.1, ge=0, lt=1)
    """Share of the tokens that is general code, against forgetting."""
    seed: int = 0
    """Seed of the adapter's initial weights and of the order."""


class ExportRecipe(Record):
    """`[export]`: the file that ships."""

    types: tuple[GgufType, ...] = Field(default=("Q8_0",), min_length=1)
    """Quantisations to write; the first ships and is measured."""


class ServeRecipe(Record):
    """`[serve]`: the gateway that editors talk to."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs `key`."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    context: int = Field(default=0, ge=0)
    """Longest prompt plus answer in tokens; 0: what the model was made for."""
    key: str = ""
    """Bearer key that clients must send."""


class EvaluateRecipe(Record):
    """`[evaluate]`: base against tuned."""

    probes: int = Field(default=300, gt=0)
    """Most hole probes to ask, of the team's code written after the cut; where there is none, of held-out files, rows or sources."""
    max_general_drop: float = Field(default=0.05, gt=0)
    """The gate fails where bits per byte on general code may have risen by more than this share."""


class GeneralRecipe(Record):
    """`[general]`: other people's code, for replay and for measuring loss."""

    paths: tuple[str, ...] = ()
    """Folders of more general code, relative to the recipe; each file is replay or probe by a hash of its path."""


class Recipe(Record):
    """All of `idiolect.toml`; in Python the tables of `[[source]]` and `[[model]]` are `sources` and `models`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True, protected_namespaces=())

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    """What the team calls this."""
    effort: Effort = "standard"
    """The one dial: how much to train; the rest is derived."""
    packs: tuple[str, ...] = ()
    """Packs by name, or folders of the team's own."""
    sources: tuple[Source, ...] = Field(default=(), alias="source")
    """Where the lessons come from."""
    models: tuple[ModelRecipe, ...] = Field(default=(ModelRecipe(),), alias="model", min_length=1)
    """What is tuned; one dataset serves them all."""
    labels: tuple[Label, ...] = Field(default=(), alias="label")
    """What files are told apart by."""
    dataset: DatasetRecipe = DatasetRecipe()
    scrub: ScrubRecipe = ScrubRecipe()
    train: TrainRecipe = TrainRecipe()
    export: ExportRecipe = ExportRecipe()
    serve: ServeRecipe = ServeRecipe()
    evaluate: EvaluateRecipe = EvaluateRecipe()
    general: GeneralRecipe = GeneralRecipe()
    folder: Path = Field(default=Path(), exclude=True)
    """Where the recipe stands; not a key."""

    @model_validator(mode="after")
    def _no_name_twice(self) -> Recipe:
        for what, names in (("source", [s.name for s in self.sources]), ("model", [m.name for m in self.models])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"two [[{what}]] are called '{twice[0]}'; give one of them another `name`")
        return self

    @model_validator(mode="after")
    def _labels_know_each_other(self) -> Recipe:
        complain(self.labels)
        return self

    @model_validator(mode="after")
    def _held_out_is_a_source(self) -> Recipe:
        names = [source.name for source in self.sources]
        if self.dataset.held_out not in ("auto", "none", *names):
            raise ValueError(
                f"dataset.held_out: no source is called '{self.dataset.held_out}'; name one of {', '.join(names)}, `auto` or `none`"
            )
        return self

    @property
    def home(self) -> Path:
        """The folder of everything that idiolect writes."""
        return self.folder / ".idiolect"

    @property
    def cache(self) -> Path:
        """What may be thrown away: unscrubbed text and the key of author pseudonyms."""
        return self.home / "cache"

    def frozen(self) -> dict[str, Any]:
        """The recipe as JSON, for a Run; the serving key is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude={"serve": {"key"}})


def read(path: Path) -> Recipe:
    """Read a recipe file, or the `idiolect.toml` of a folder; every fault is a RecipeError that names the key."""
    file = path / FILE if path.is_dir() else path
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError("there is no recipe here", where=str(file), next="write one with `idiolect init PATH_OF_A_REPOSITORY`") from None
    except OSError as error:
        raise RecipeError(
            f"cannot be read ({error.strerror})", where=str(file), next="name a recipe, or its folder, with --recipe"
        ) from None
    except RecursionError:
        raise RecipeError("not valid TOML: it is nested too deeply", where=str(file), next="mend it") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise RecipeError(f"not valid TOML: {error}", where=str(file), next="mend that line") from None
    folder = real(file.parent)
    return parse(values, folder=folder, where=str(file))


def parse(values: dict[str, Any], *, folder: Path, where: str = FILE) -> Recipe:
    """Make a Recipe of TOML values; `folder` is where its relative paths start."""
    for key, meant in (("folder", ""), ("sources", "source"), ("models", "model"), ("labels", "label")):
        if key in values:
            raise RecipeError(
                f"{key}: unknown key" + (f"; did you mean '[[{meant}]]'?" if meant else ""),
                where=where,
                next="see docs/recipe.md for every key",
            )
    if any("\0" in text for text in _texts(values)):
        raise RecipeError("a value holds the character NUL, which no path and no name can have", where=where, next="take it out")
    if isinstance(values.get("source"), list):
        values = {**values, "source": [_named(folder, row) for row in values["source"]]}
    try:
        return Recipe.model_validate({**values, "folder": folder})
    except ValidationError as error:
        raise RecipeError(_explain(error), where=where, next="see docs/recipe.md for every key") from None


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of TOML, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in [*value, *(value.values() if isinstance(value, dict) else ())]:
            yield from _texts(inner)


def _named(folder: Path, row: Any) -> Any:
    """Name a source by its folder's own name, also where its path is `.`."""
    if isinstance(row, dict) and not row.get("name") and isinstance(row.get("path"), str):
        return {**row, "name": real(folder / row["path"]).name}
    return row


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    place = _place(first["loc"])
    if first["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(str(first["loc"][-1]), _keys(first["loc"][:-1]), n=1)
        return f"{place}: unknown key" + (f"; did you mean '{nearest[0]}'?" if nearest else "")
    if first["type"] == "tuple_type" and place in ("source", "model", "label"):
        return f"{place}: should be a list of tables; begin each with [[{place}]]"
    what = complaint(first["type"], first["msg"])
    return f"{place}: {what}" if place else what


def _place(parts: Sequence[int | str]) -> str:
    """Where a value stands; tables in a list are counted from 1."""
    return "".join(f" {part + 1}" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def _keys(place: tuple[int | str, ...]) -> list[str]:
    """The keys that are known at a place in the recipe."""
    record: type[Record] = Recipe
    sections: dict[str, type[Record]] = {
        "source": Source, "admit": Admit, "label": Label, "sign": Sign, "model": ModelRecipe,
        "dataset": DatasetRecipe, "scrub": ScrubRecipe, "train": TrainRecipe,
        "export": ExportRecipe, "serve": ServeRecipe, "evaluate": EvaluateRecipe, "general": GeneralRecipe,
    }  # fmt: skip
    for part in place:
        record = sections.get(str(part), record)
    return [field.alias or key for key, field in record.model_fields.items() if key != "folder"]
