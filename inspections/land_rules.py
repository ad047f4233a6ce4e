"""The rules of a land survey layer (DLTB), each as a line of a table.

References
----------
TD/T 1055-2019, Technical regulation of the third nationwide land survey, for the fields;
the checks are those that county tools for the yearly change survey make before delivery.
"""

from inspections import land_checks as checks
from inspections.land_columns import Rule

FIELDS = {
    "survey_code": "BSM",
    "parcel_number": "TBBH",
    "land_class": "DLBM",
    "planting_attribute": "ZZSXDM",
    "ownership": "QSXZ",
    "owner_code": "QSDWDM",
    "location_code": "ZLDWDM",
    "deduction_class": "KCDLBM",
    "deduction_ratio": "KCXS",
    "terrain": "GDLX",
    "slope_grade": "GDPDJB",
    "strip_width_m": "XZDWKD",
    "refinement": "TBXHDM",
    "settlement_attribute": "CZCSXM",
    "is_enclave": "FRDBS",
    "source_year": "SJNF",
    "declared_area_m2": "TBMJ",
    "deducted_area_m2": "KCMJ",
    "net_area_m2": "TBDLMJ",
}
"""Canonical columns and the survey's names for them."""

RULES: tuple[Rule, ...] = (
    Rule(
        "land.survey-code-missing",
        ("survey_code",),
        checks.blank("survey_code"),
        "没有标识码 BSM",
        "block",
    ),
    Rule(
        "land.survey-code-repeated",
        ("survey_code",),
        lambda columns, _: columns.is_repeated("survey_code"),
        "标识码 BSM {survey_code} 不止一个图斑使用",
        "block",
    ),
    Rule(
        "land.land-class-missing",
        ("land_class",),
        checks.blank("land_class"),
        "没有地类编码 DLBM",
        "block",
    ),
    Rule(
        "land.location-missing",
        ("location_code",),
        checks.blank("location_code"),
        "没有坐落单位代码 ZLDWDM",
        "block",
    ),
    Rule(
        "land.location-form",
        ("location_code",),
        checks.malformed("location_code"),
        "坐落单位代码 {location_code} 须是 12 位村代码,或再加 7 位",
    ),
    Rule(
        "land.owner-form",
        ("owner_code",),
        checks.malformed("owner_code"),
        "权属单位代码 {owner_code} 须是 12 位村代码,或再加 7 位",
    ),
    Rule(
        "land.parcel-number-repeated",
        ("parcel_number", "location_code"),
        lambda columns, _: columns.is_repeated("location_code", "parcel_number"),
        "图斑编号 TBBH {parcel_number} 在 {location_code} 内不止一个图斑使用",
    ),
    Rule(
        "land.land-class-unknown",
        ("land_class",),
        checks.unknown_land_class,
        "没有地类编码 {land_class}",
    ),
    Rule(
        "land.planting-unknown",
        ("planting_attribute",),
        checks.unknown_planting,
        "没有种植属性代码 {planting_attribute}",
    ),
    Rule(
        "land.cropland-without-slope",
        ("slope_grade", "land_class"),
        checks.cropland_without("slope_grade"),
        "耕地 {land_class} 须填坡度级别 GDPDJB",
    ),
    Rule(
        "land.cropland-without-planting",
        ("planting_attribute", "land_class"),
        checks.cropland_without("planting_attribute"),
        "耕地 {land_class} 须填种植属性 ZZSXDM",
    ),
    Rule(
        "land.slope-unknown",
        ("slope_grade",),
        checks.unknown("slope_grade", checks.SLOPE_GRADES),
        "坡度级别 GDPDJB 是 {slope_grade},须是 1 至 5",
    ),
    Rule(
        "land.terrain-unknown",
        ("terrain",),
        checks.unknown("terrain", checks.TERRAINS),
        "耕地类型 GDLX 是 {terrain},须是 TT 梯田或 PD 坡地",
    ),
    Rule(
        "land.slope-without-terrain",
        ("terrain", "slope_grade", "land_class"),
        checks.slope_without_terrain,
        "坡度 {slope_grade} 级的耕地须填耕地类型 GDLX",
    ),
    Rule(
        "land.terrain-of-flat",
        ("terrain", "slope_grade"),
        checks.terrain_of_flat,
        "坡度 1 级的图斑不填耕地类型 GDLX,填了 {terrain}",
    ),
    Rule(
        "land.other-with-terrain",
        ("terrain", "land_class"),
        checks.other_with("terrain"),
        "地类 {land_class} 不是耕地,不填耕地类型 GDLX,填了 {terrain}",
    ),
    Rule(
        "land.other-with-slope",
        ("slope_grade", "land_class"),
        checks.other_with("slope_grade"),
        "地类 {land_class} 不是耕地,不填坡度级别 GDPDJB,填了 {slope_grade}",
    ),
    Rule(
        "land.other-with-ratio",
        ("deduction_ratio", "land_class"),
        checks.other_with_ratio,
        "地类 {land_class} 不是耕地,不填扣除系数 KCXS,填了 {deduction_ratio}",
    ),
    Rule(
        "land.other-with-deduction",
        ("deduction_class", "land_class"),
        checks.other_with("deduction_class"),
        "地类 {land_class} 不是耕地,不填扣除地类 KCDLBM,填了 {deduction_class}",
    ),
    Rule(
        "land.other-with-planting",
        ("planting_attribute", "land_class"),
        checks.other_with("planting_attribute", checks.CROPLAND_PLANTING.__contains__),
        "地类 {land_class} 不是耕地,种植属性不能是 {planting_attribute}",
    ),
    Rule(
        "land.deduction-class",
        ("deduction_class",),
        checks.unknown("deduction_class", frozenset((checks.RIDGE,))),
        "扣除地类 KCDLBM 是 {deduction_class},须是 1203 田坎",
    ),
    Rule(
        "land.settlement-missing",
        ("settlement_attribute", "land_class"),
        checks.settlement_missing,
        "地类 {land_class} 须填城镇村属性码 CZCSXM",
    ),
    Rule(
        "land.settlement-unknown",
        ("settlement_attribute",),
        checks.unknown("settlement_attribute", checks.SETTLEMENTS),
        "没有城镇村属性码 {settlement_attribute}",
    ),
    Rule(
        "land.refinement-unknown",
        ("refinement",),
        checks.unknown("refinement", checks.REFINEMENTS),
        "没有图斑细化代码 {refinement}",
    ),
    Rule(
        "land.width-of-no-strip",
        ("strip_width_m", "land_class"),
        checks.width_of_no_strip,
        "地类 {land_class} 不是线状地物,不填宽度 XZDWKD,填了 {strip_width_m} 米",
    ),
    Rule(
        "land.road-too-wide",
        ("strip_width_m", "land_class"),
        checks.road_too_wide,
        "农村道路宽 {strip_width_m} 米,不能超过 {road} 米",
    ),
    Rule(
        "land.area-missing",
        ("declared_area_m2",),
        checks.area_missing,
        "图斑面积 TBMJ 须大于 0,填的是“{declared_area_m2}”",
    ),
    Rule(
        "land.ratio-range",
        ("deduction_ratio",),
        checks.ratio_out_of_range,
        "扣除系数 KCXS 是 {deduction_ratio},须不小于 0 且小于 1",
    ),
    Rule(
        "land.deducted-area",
        ("deducted_area_m2", "declared_area_m2", "deduction_ratio"),
        checks.deducted_wrong,
        "扣除面积 KCMJ 是“{deducted_area_m2}”,须等于图斑面积 {declared_area_m2}"
        " × 扣除系数“{deduction_ratio}”",
    ),
    Rule(
        "land.net-area",
        ("net_area_m2", "declared_area_m2", "deducted_area_m2"),
        checks.net_wrong,
        "图斑地类面积 TBDLMJ 是 {net_area_m2},须等于图斑面积 {declared_area_m2}"
        " 减扣除面积“{deducted_area_m2}”",
    ),
    Rule(
        "land.ownership-unknown",
        ("ownership",),
        checks.unknown("ownership", checks.OWNERSHIPS),
        "没有权属性质 {ownership}",
    ),
    Rule(
        "land.enclave",
        ("is_enclave", "owner_code", "location_code", "ownership"),
        checks.enclave_wrong,
        "飞入地标识 FRDBS 是“{is_enclave}”;权属单位 {owner_code} 与坐落单位 {location_code}"
        " 前 12 位不同的集体土地填 1,其他不填",
    ),
    Rule(
        "land.year",
        ("source_year",),
        checks.year_implausible,
        "数据年份 SJNF 是 {source_year},须在 {years} 年间",
    ),
)
"""All rules, in the order in which a parcel's findings are listed."""
