"""What the three parts of the agronomy book share of what goes in and out."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from service.schemas import AreaCode, Shown, exact

ServedCode = Annotated[AreaCode, Field(min_length=6)]
"""A county, a town or a village."""
Count = Annotated[int, Field(ge=0, le=50_000, strict=True)]
# Up to what the country calls a medium reservoir; a large one is no county's to read.
CubicMetres = Annotated[
    Decimal,
    BeforeValidator(exact(1)),
    Field(ge=0, le=Decimal("99999999.9")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 99999999.9}),
]
SquareMetres = Annotated[
    Decimal,
    BeforeValidator(exact(2)),
    Field(gt=0, le=Decimal("1000000")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1000000}),
]


class Spoken(Shown):
    """Of which days an answer speaks, and as was known when."""

    starts_on: date
    as_of: date
    known_at: datetime | None
