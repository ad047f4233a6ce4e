"""What land is seen to be used for, and what a signal claims of it: two closed lists of words."""

from enum import StrEnum


class Use(StrEnum):
    """An observed use, as the conversion rules name it; source: domain part 2.2."""

    GRAIN = "GRAIN"
    ANNUAL_NON_GRAIN_FOOD = "ANNUAL_NON_GRAIN_FOOD"
    NON_FOOD_ANNUAL = "NON_FOOD_ANNUAL"
    ORCHARD = "ORCHARD"
    TEA = "TEA"
    FOREST_TREES = "FOREST_TREES"
    NURSERY = "NURSERY"
    TURF = "TURF"
    ORNAMENTAL = "ORNAMENTAL"
    FISH_POND = "FISH_POND"
    RICE_FISH = "RICE_FISH"
    PASTURE = "PASTURE"
    FACILITY_PLANT = "FACILITY_PLANT"
    FACILITY_LIVESTOCK = "FACILITY_LIVESTOCK"
    FACILITY_AQUA = "FACILITY_AQUA"
    BUILDING = "BUILDING"
    RURAL_HOUSE = "RURAL_HOUSE"
    HARDENED = "HARDENED"
    ROAD = "ROAD"
    EXCAVATION = "EXCAVATION"
    SOIL_TAKING = "SOIL_TAKING"
    SAND = "SAND"
    STONE = "STONE"
    MINING = "MINING"
    KILN = "KILN"
    GRAVE = "GRAVE"
    WASTE_DUMP = "WASTE_DUMP"
    SOLAR_PANEL = "SOLAR_PANEL"
    LANDSCAPE_LAKE = "LANDSCAPE_LAKE"
    GREENBELT = "GREENBELT"
    AFFORESTATION = "AFFORESTATION"
    WEED_FALLOW = "WEED_FALLOW"
    SHRUB = "SHRUB"
    WINTER_FALLOW = "WINTER_FALLOW"
    WATER = "WATER"
    BARE = "BARE"
    UNKNOWN = "UNKNOWN"


USES = tuple(Use)
"""In the order in which arrays count them."""


class Claim(StrEnum):
    """What a signal says is happening on the land."""

    BUILDING = "building"
    HARDENING = "hardening"
    EARTHWORK = "earthwork"
    FISH_POND = "fish_pond"
    TREES = "trees"
    NURSERY_TURF = "nursery_turf"
    GREENBELT = "greenbelt"
    LIVESTOCK_SHED = "livestock_shed"
    ABANDONED = "abandoned"
    OTHER = "other"


CLAIM_TEXT = {
    Claim.BUILDING: "建房",
    Claim.HARDENING: "硬化",
    Claim.EARTHWORK: "动土",
    Claim.FISH_POND: "挖塘养鱼",
    Claim.TREES: "种树",
    Claim.NURSERY_TURF: "苗木草皮",
    Claim.GREENBELT: "绿化带",
    Claim.LIVESTOCK_SHED: "养殖设施",
    Claim.ABANDONED: "撂荒",
    Claim.OTHER: "其他",
}
