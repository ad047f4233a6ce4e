"""Which fields of a file are which columns of ours: the survey's layers, by their field names."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import config

CODES = Path(config.__file__).parent / "codes"
FIELDS_FILE = CODES / "land_fields.csv"
KINDS = ("parcels", "farmland", "outlines", "approvals")
KEY_WEIGHT = 3
"""A field of this weight is a key field: without any, the preset does not fit."""
MIN_SCORE = 0.5
CUT_NAME = 5
"""Chinese characters that a shapefile leaves of a field's name."""


@dataclass(frozen=True)
class LandField:
    """One field of a survey layer, the names it goes by, and our column for it."""

    kind: str
    canonical: str | None
    names: tuple[str, ...]
    weight: int
    is_personal: bool
    name_zh: str


@dataclass(frozen=True)
class Preset:
    """A reading of a file's fields as one kind of layer."""

    kind: str
    score: float
    weight: int
    mapping: dict[str, str]


@lru_cache
def land_fields() -> tuple[LandField, ...]:
    """Read the list of fields, in its own order."""
    with FIELDS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_field(row) for row in csv.DictReader(file))


def _field(row: Mapping[str, str]) -> LandField:
    names = (row["source"], *filter(None, row["variants"].split("|")))
    is_personal = row["is_personal"] == "yes"
    return LandField(
        row["kind"], row["canonical"] or None, names, int(row["weight"]), is_personal,
        row["name_zh"],
    )  # fmt: skip


def personal_fields(names: Iterable[str]) -> list[str]:
    """Return the fields of a file that hold personal data, under whichever layer."""
    personal: set[str] = set()
    for each in land_fields():
        if each.is_personal:
            personal |= {*each.names, each.name_zh, each.name_zh[:CUT_NAME]}
    return [name for name in names if _plain(name) in personal]


def best_preset(names: Iterable[str], kind: str | None = None) -> Preset | None:
    """Return the kind of layer that the field names fit best; of one kind only, if asked.

    A preset fits where every key field of its layer is found, or one of them and half of all;
    of those that fit, the one wins that explains most.
    """
    found = {_plain(name): name for name in names}
    presets = [_preset(each, found) for each in (KINDS if kind is None else (kind,))]
    fitting = [each for each in presets if each is not None]
    return max(fitting, key=lambda each: each.weight, default=None)


def _preset(kind: str, found: Mapping[str, str]) -> Preset | None:
    fields = [each for each in land_fields() if each.kind == kind]
    named = [(each, _name(each, found)) for each in fields]
    known = [(each, name) for each, name in named if name is not None]
    weight = sum(each.weight for each, _ in known)
    score = weight / sum(each.weight for each in fields)
    n_keys = sum(each.weight == KEY_WEIGHT for each, _ in known)
    has_all = n_keys == sum(each.weight == KEY_WEIGHT for each in fields)
    if not n_keys or not (has_all or score >= MIN_SCORE):
        return None
    mapping: dict[str, str] = {}
    for each, name in known:
        if each.canonical is not None:
            mapping.setdefault(name, each.canonical)
    return Preset(kind, round(score, 3), weight, mapping)


def _name(field: LandField, found: Mapping[str, str]) -> str | None:
    return next((found[name] for name in field.names if name in found), None)


def propose(name: str) -> str | None:
    """Propose our column for one field, by any of its names, for a person to confirm."""
    for each in land_fields():
        if _plain(name) in (*each.names, each.name_zh) and each.canonical is not None:
            return each.canonical
    return None


def _plain(name: str) -> str:
    return name.strip().upper()
