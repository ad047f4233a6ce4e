"""The collections that are served: which layers of the book, under which names."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from service.errors import NotFound
from service.maps.ogc_fields import Field, field_of
from service.parcels.models import (
    Approval,
    AreaOutline,
    ExamFinding,
    FarmlandVersion,
    LandVersion,
    ParcelVersion,
)

Model = type[LandVersion] | type[AreaOutline] | type[Approval] | type[ExamFinding]
HIDDEN = frozenset({"id", "geometry", "digest", "recorded_by"})
"""Columns that no feature tells as a property."""
WHENCE = frozenset({"import_id", "source_row"})
"""Which row of which file a version came from: told by the import, not by the feature."""


@dataclass(frozen=True)
class Collection:
    """One layer of the book as a collection of features."""

    id: str
    title: str
    description: str
    model: Model
    queryable_names: tuple[str, ...]
    is_dated: bool = True
    """The features are valid from a day to a day."""

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The properties of a feature, in the order of the model."""
        hidden = HIDDEN | WHENCE if self.is_dated else HIDDEN
        columns = self.model.__table__.columns  # type: ignore[union-attr]
        return tuple(
            field_of(column.name, column.type) for column in columns if column.name not in hidden
        )

    @cached_property
    def queryables(self) -> Mapping[str, Field]:
        """The properties that features can be asked for by, by name."""
        by_name = {field.name: field for field in self.fields}
        return {name: by_name[name] for name in self.queryable_names}

    def column(self, name: str) -> Any:
        """Return a column of the model."""
        return getattr(self.model, name)


LAND_QUERYABLES = (
    "uid",
    "area_code",
    "survey_code",
    "parcel_number",
    "land_class",
    "planting_attribute",
    "ownership",
    "location_code",
    "slope_grade",
    "source_year",
    "is_repaired",
    "exam",
)

COLLECTIONS: Mapping[str, Collection] = MappingProxyType(
    {
        each.id: each
        for each in (
            Collection(
                "parcels",
                "图斑",
                "国土调查的地类图斑(DLTB),每个要素是图斑的一个版本",
                ParcelVersion,
                LAND_QUERYABLES,
            ),
            Collection(
                "basic_farmland",
                "永久基本农田",
                "永久基本农田图斑(YJJBNTTB),每个要素是图斑的一个版本",
                FarmlandVersion,
                LAND_QUERYABLES,
            ),
            Collection(
                "outlines",
                "区划界线",
                "县、镇、村的界线,每个要素是一个单位界线的一个版本",
                AreaOutline,
                ("area_code", "name", "level"),
            ),
            Collection(
                "approvals",
                "批准用地",
                "经批准可另作他用或休耕的地块,带文号和起止日",
                Approval,
                ("uid", "kind", "document_no", "area_code"),
            ),
            Collection(
                "exam_findings",
                "体检问题",
                "已入库的导入在体检时发现的、有位置的问题",
                ExamFinding,
                ("rule", "severity", "area_code", "survey_code", "uid", "import_id", "source_row"),
                is_dated=False,
            ),
        )
    }
)


def collection(name: str) -> Collection:
    """Return a collection by its name, or say that there is none."""
    found = COLLECTIONS.get(name)
    if found is None:
        raise NotFound(f"没有这个图层;现有的图层:{'、'.join(COLLECTIONS)}")
    return found
