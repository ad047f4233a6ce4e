"""The survey's code lists, as names to show."""

import csv
from functools import cache
from pathlib import Path

import config
from service.parcels.models import ApprovalKind, LandKind

CODES = Path(config.__file__).parent / "codes"
KIND_TEXT = {
    LandKind.PARCELS: "图斑",
    LandKind.FARMLAND: "永久基本农田",
    LandKind.OUTLINES: "区划界线",
    LandKind.APPROVALS: "批准用地",
}
APPROVAL_TEXT = {
    ApprovalKind.CONVERSION: "农用地转用",
    ApprovalKind.TEMPORARY: "临时用地",
    ApprovalKind.FACILITY: "设施农用地备案",
    ApprovalKind.BALANCE: "耕地进出平衡",
    ApprovalKind.RETURNED_TO_FOREST: "退耕还林",
    ApprovalKind.FALLOW: "休耕",
    ApprovalKind.HOMESTEAD: "宅基地",
}


@cache
def land_classes() -> dict[str, str]:
    """Return code -> name of the land classes."""
    return _names("land_classes.csv")


@cache
def planting_attributes() -> dict[str, str]:
    """Return code -> name of the planting attributes."""
    return _names("planting_attributes.csv")


def _names(filename: str) -> dict[str, str]:
    with (CODES / filename).open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name_zh"] for row in csv.DictReader(file)}
