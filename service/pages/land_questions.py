"""What the page of an import asks: layer, coordinate system, fields; and what may be changed."""

from collections.abc import Mapping
from typing import Any

from service.pages import land_words
from service.pages.land_options import CODE, NOTHING, OTHER, TABLE, OptionsForm
from service.parcels.codes import KIND_TEXT
from service.parcels.imports import ANSWERABLE
from service.parcels.models import ImportState, LandImport

MOST_CANDIDATES = 8
ONE_LAYER = frozenset({"geojson", "parquet"})


def questions(
    found: LandImport, report: Mapping[str, Any], asked: OptionsForm | None
) -> dict[str, Any] | None:
    """Return the form of one import: its questions open, the rest for who wants to change it."""
    if found.state not in ANSWERABLE:
        return None
    said = asked or OptionsForm.of(found)
    is_asking = found.state is ImportState.ASKING
    reference = report.get("reference")
    state = report.get("state")
    fields = _fields(report, said)
    return {
        "asked": said,
        "needs_layer": is_asking and state == "needs_layer",
        "needs_crs": is_asking and reference is not None and "code" not in reference,
        "needs_mapping": is_asking and state == "needs_mapping",
        "layers": report.get("layers") or [],
        "has_layers": report.get("file_kind") not in ONE_LAYER,
        "has_encoding": report.get("file_kind") in {None, "shapefile"},
        "reference": reference,
        "crs": _systems(reference, said),
        "fields": fields,
        "is_by_table": said.matching == TABLE or (is_asking and state == "needs_mapping"),
        "personal": report.get("personal") or {},
        "kinds": land_words.KINDS,
        "KIND_TEXT": KIND_TEXT,
        "ENCODINGS": land_words.ENCODINGS,
        "columns": land_words.column_texts(),
        "NOTHING": NOTHING,
        "OTHER": OTHER,
        "TABLE": TABLE,
    }


def _systems(reference: Mapping[str, Any] | None, said: OptionsForm) -> dict[str, Any]:
    """Return the candidates to choose from, which of them is chosen, and what was typed."""
    listed = reference["candidates"] if reference else []
    chosen = reference["chosen"]["code"] if reference and reference["chosen"] else None
    second = reference["runner_up"]["code"] if reference and reference["runner_up"] else None
    shown = [
        each | {"is_choosable": CODE.fullmatch(each["code"]) is not None}
        for number, each in enumerate(listed)
        if number < MOST_CANDIDATES or each["code"] in (chosen, second)
    ]
    codes = {each["code"] for each in shown}
    is_other = said.crs == OTHER or (said.crs != "" and said.crs not in codes)
    return {
        "candidates": shown,
        "chosen": chosen,
        "runner_up": second,
        "is_other": is_other,
        "selected": None if is_other else said.crs or None,
        "other": said.crs_other if said.crs == OTHER else said.crs if is_other else "",
    }


def _fields(report: Mapping[str, Any], said: OptionsForm) -> list[dict[str, Any]]:
    """Return each source field with the column that it goes into, or would go into."""
    given = said.column_of() if said.source else None
    mapping = report.get("mapping") or {}
    taken: set[str] = set()
    listed = []
    for each in report.get("fields") or []:
        name = each["field"]
        if given is not None:
            column = given.get(name)
        else:
            column = mapping.get(name) if mapping else each["proposed"]
        column = None if given is None and column in taken else column
        taken.add(column or "")
        listed.append(
            {
                "name": name,
                "type": land_words.type_text(each["type"]),
                "samples": each["samples"],
                "column": column,
            }
        )
    return listed
