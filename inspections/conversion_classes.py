"""Land classes as the conversion rules tell them apart: cropland, stock, and all else."""

from collections.abc import Sequence

import numpy as np

from inspections.conversion_lands import Flags, Ints, Lands
from inspections.conversion_rules import LandGroup
from inspections.land_uses import USES, Use

GROUPS = tuple(LandGroup)
CROPLAND = frozenset({"0101", "0102", "0103"})
"""Paddy, irrigated and rain-fed land; source: TD/T 1055-2019."""
STOCK = {
    "0201K": {Use.ORCHARD},
    "0202K": {Use.TEA},
    "0203K": {Use.ORCHARD},
    "0204K": {Use.ORCHARD},
    "0301K": {Use.FOREST_TREES},
    "0302K": {Use.FOREST_TREES},
    "0307K": {Use.FOREST_TREES},
    "0403K": {Use.PASTURE},
    "1104K": {Use.FISH_POND},
}
"""可调整 classes: other agricultural land that still counts as convertible, and its own use."""
RESTORABLE = frozenset({"JKHF", "GCHF"})
"""Planting attributes of stock that is to become cropland again."""
USES_OF_CLASS = {
    "0201": {Use.ORCHARD},
    "0202": {Use.TEA},
    "0203": {Use.ORCHARD},
    "0204": {Use.ORCHARD},
    "03": {Use.FOREST_TREES},
    "04": {Use.PASTURE},
    "1104": {Use.FISH_POND},
}
"""What restorable land of a class is used for, by the beginning of its code."""


def groups(lands: Lands) -> Ints:
    """Return the group of each land: other, cropland or stock.

    Parameters
    ----------
    lands : Lands
        Shape (n,).

    Returns
    -------
    uint8 array, shape (n,)
        Index into `GROUPS`. Land with the attribute 即可恢复 or 工程恢复 is stock.
    """
    of_class = np.array([_group(name) for name in lands.class_names], np.uint8)
    is_stock = np.array([name in RESTORABLE for name in lands.attribute_names])
    stock = np.uint8(GROUPS.index(LandGroup.STOCK))
    return np.where(is_stock[lands.attribute], stock, of_class[lands.base_class])


def _group(name: str) -> int:
    if name in CROPLAND:
        return GROUPS.index(LandGroup.CROPLAND)
    return GROUPS.index(LandGroup.STOCK if name in STOCK else LandGroup.OTHER)


def own_uses(class_names: Sequence[str]) -> Flags:
    """Return which uses are a class's own: stock in its own use is no change.

    Parameters
    ----------
    class_names : sequence of str
        Land classes.

    Returns
    -------
    bool array, shape (k, number of uses)
        One row for each class.
    """
    return np.array([[use in _own(name) for use in USES] for name in class_names])


def _own(name: str) -> set[Use]:
    by_prefix = (own for prefix, own in USES_OF_CLASS.items() if name.startswith(prefix))
    return STOCK.get(name) or next(by_prefix, set())
