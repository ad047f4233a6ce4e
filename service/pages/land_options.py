"""What a person says of a land file: as the page's form holds it, and as the import takes it."""

import json
import re
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from geo import systems
from service.errors import Invalid, field_problems
from service.pages.land_words import column_texts
from service.parcels.models import LandImport
from service.parcels.schemas import ImportOptions
from service.schemas import Text

OTHER = "other"
TABLE = "table"
"""The fields are matched as the page's table says, not by their names."""
NOTHING = "-"
"""A field that goes into no column."""
CODE = re.compile(r"[A-Za-z0-9:+._-]{1,32}", re.ASCII)
"""As `ImportOptions.crs` takes it; a definition that a file carries may be longer."""
LABEL = {
    "kind": "数据种类",
    "layer": "图层",
    "encoding": "文字编码",
    "crs": "坐标系",
    "mapping": "字段对应",
    "valid_from": "有效日",
}


class OptionsForm(BaseModel):
    """The fields of the form; nothing of it is believed before `options` has read it."""

    kind: Text = ""
    layer: Text = ""
    encoding: Text = ""
    crs: Text = ""
    crs_other: Text = ""
    valid_from: Text = ""
    is_complete_county: bool = False
    matching: Text = ""
    source: list[Text] = []
    column: list[Text] = []

    @classmethod
    def of(cls, found: LandImport) -> Self:
        """Return the form as it was last sent."""
        said = json.loads(found.options)
        mapping = said.get("mapping")
        plain = {name: said.get(name) or "" for name in ("kind", "layer", "encoding", "crs")}
        return cls(
            **plain,
            valid_from=said.get("valid_from") or "",
            is_complete_county=said.get("is_complete_county", False),
            matching="" if mapping is None else TABLE,
            source=list(mapping or {}),
            column=list((mapping or {}).values()),
        )

    def column_of(self) -> dict[str, str]:
        """Return the column that each source field was given."""
        return dict(zip(self.source, self.column, strict=False))


def options(form: OptionsForm) -> ImportOptions:
    """Return what the form says, or refuse it in words that name the field."""
    said: dict[str, Any] = {
        "kind": form.kind or None,
        "layer": form.layer or None,
        "encoding": form.encoding or None,
        "crs": _crs(form),
        "valid_from": form.valid_from or None,
        "is_complete_county": form.is_complete_county,
        "mapping": _mapping(form) if form.matching == TABLE else None,
    }
    try:
        return ImportOptions.model_validate(said)
    except ValidationError as error:
        first = field_problems(error.errors())[0]
        field = first["field"].split(".")[0]
        raise Invalid(f"{LABEL.get(field, field)}:{first['allowed']}", field=field) from error


def again(found: LandImport) -> ImportOptions:
    """Return what was said of a file, to read it once more."""
    said = json.loads(found.options)
    return ImportOptions.model_validate(
        {name: value for name, value in said.items() if name in ImportOptions.model_fields}
    )


def _crs(form: OptionsForm) -> str | None:
    code = (form.crs_other if form.crs == OTHER else form.crs).strip()
    if not code:
        if form.crs == OTHER:
            raise Invalid("请填写坐标系代码,例如 EPSG:4526", field="crs")
        return None
    code = f"EPSG:{code}" if code.isascii() and code.isdigit() else code
    base = code.removesuffix(systems.SWAPPED)
    is_known = CODE.fullmatch(code) is not None and (
        base in {systems.GCJ02, systems.BD09} or systems.declared_system(base) is not None
    )
    if not is_known:
        raise Invalid(f"没有坐标系“{code[:40]}”;请填 EPSG 代码,例如 EPSG:4526", field="crs")
    return code


def _mapping(form: OptionsForm) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for source, column in form.column_of().items():
        if column in (NOTHING, ""):
            continue
        taken = next((name for name, other in mapping.items() if other == column), None)
        if taken is not None:
            name = column_texts().get(column, column)[:40]
            raise Invalid(f"字段 {taken[:40]} 和 {source[:40]} 都对应到“{name}”,请只留一个")
        mapping[source] = column
    return mapping
