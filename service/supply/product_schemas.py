"""What goes in and out of the list of products."""

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from inspections.stock import is_registration_no
from service.schemas import Code, Kg, Share, Shown, ShownDecimal, Strict, Text
from service.supply.models import SEPARATOR, Category


def _registration_no(value: str) -> str:
    number = value.strip().upper()
    if not is_registration_no(number):
        raise ValueError("农药登记证号写成 PD20121234(PD、LS 或 WP,年份,顺序号)")
    return number


ProductCode = Annotated[Code, Field(max_length=16)]
ProductName = Annotated[Text, Field(min_length=1, max_length=100)]
RegistrationNo = Annotated[Text, Field(max_length=24), AfterValidator(_registration_no)]
Ingredient = Annotated[Text, Field(min_length=1, max_length=30, pattern=r"^[^|]+$")]
PackKg = Annotated[Kg, Field(le=2000)]


class ProductCreate(Strict):
    """A product in one pack."""

    code: ProductCode
    name: ProductName
    commodity: Code
    category: Category
    pack_kg: PackKg
    registration_no: RegistrationNo | None = None
    n_share: Share | None = None
    p2o5_share: Share | None = None
    k2o_share: Share | None = None
    ingredients: Annotated[list[Ingredient], Field(min_length=1, max_length=5)] | None = None


class ProductRead(Shown):
    """A product in one pack."""

    code: str
    name: str
    commodity: str
    category: Category
    pack_kg: ShownDecimal
    registration_no: str | None
    n_share: ShownDecimal | None
    p2o5_share: ShownDecimal | None
    k2o_share: ShownDecimal | None
    ingredients: list[str]

    @field_validator("ingredients", mode="before")
    @classmethod
    def _apart(cls, held: str | None) -> list[str]:
        return held.split(SEPARATOR) if held else []
