"""Column types that keep on both engines what they were given, exactly."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Double, Enum, Numeric, String, Uuid
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from service import geopackage

MAX_DOUBLE_DIGITS = 15


class ExactDecimal(TypeDecorator[Decimal]):
    """An exact decimal: NUMERIC on PostgreSQL, a scaled integer on SQLite, which has no decimal."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the storage type of the engine."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        """Refuse what this column cannot hold exactly."""
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.scale} decimal places")
        if abs(scaled) >= 10**self.precision:
            raise ValueError(f"{value} has more than {self.precision} digits")
        return int(scaled) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Restore the decimal with its full scale."""
        if value is None:
            return None
        unit = Decimal(1).scaleb(-self.scale)
        return Decimal(value) * unit if dialect.name == "sqlite" else Decimal(value).quantize(unit)


class UtcInstant(TypeDecorator[datetime]):
    """An aware UTC instant on both engines; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def ordered_text(length: int) -> TypeEngine[str]:
    """Return a text type that both engines compare byte by byte.

    PostgreSQL would sort by its locale, where "441803:" comes before "441803102" and a
    subtree would be cut off.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def choice(kind: type[StrEnum], length: int = 16) -> Enum:
    """Return the column type of one of a few words."""
    return Enum(
        kind,
        native_enum=False,
        length=length,
        values_callable=lambda kinds: [each.value for each in kinds],
    )


Mu = ExactDecimal(14, 2)
"""Reported sown area in mu."""


class SurveyNumber(TypeDecorator[Decimal]):
    """A surveyed figure, as declared: NUMERIC on PostgreSQL, DOUBLE in a GeoPackage layer.

    GeoPackage knows no decimal, and other programs read these columns. A double carries any
    decimal of 15 digits there and back, so what comes out is what went in.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        if precision > MAX_DOUBLE_DIGITS:
            raise ValueError(f"a double carries {MAX_DOUBLE_DIGITS} digits, not {precision}")
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the storage type of the engine."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Double())
        return Numeric(self.precision, self.scale)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuse what this column cannot hold exactly."""
        if value is None:
            return None
        if value != round(value, self.scale) or abs(value) >= 10 ** (self.precision - self.scale):
            raise ValueError(f"{value} does not fit {self.precision} digits, {self.scale} places")
        return float(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Restore the decimal with its full scale."""
        if value is None:
            return None
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-self.scale))


# GDAL leaves out the columns of a layer whose type GeoPackage does not know. Tables that are no
# layers keep the types that they were made with.


@compiles(String, "sqlite")
def _geopackage_text(type_: String, compiler: Any, **_: Any) -> str:
    return f"TEXT({type_.length})" if type_.length else "TEXT"


@compiles(DateTime, "sqlite")
def _geopackage_instant(type_: DateTime, compiler: Any, **told: Any) -> str:
    # As text: SQLAlchemy writes instants as Python does, GeoPackage's own DATETIME has a "T".
    return "TEXT(26)" if _is_of_a_layer(told) else str(compiler.visit_DATETIME(type_, **told))


@compiles(Enum, "sqlite")
def _geopackage_choice(type_: Enum, compiler: Any, **told: Any) -> str:
    return f"TEXT({type_.length})" if _is_of_a_layer(told) else f"VARCHAR({type_.length})"


@compiles(Uuid, "sqlite")
def _geopackage_uuid(type_: Uuid[Any], compiler: Any, **told: Any) -> str:
    return "TEXT(32)" if _is_of_a_layer(told) else "CHAR(32)"


@compiles(BigInteger, "sqlite")
def _geopackage_integer(type_: BigInteger, compiler: Any, **told: Any) -> str:
    return "INTEGER" if _is_of_a_layer(told) else "BIGINT"


def _is_of_a_layer(told: dict[str, Any]) -> bool:
    table = getattr(told.get("type_expression"), "table", None)
    return table is not None and table.name in geopackage.LAYER_TABLES
