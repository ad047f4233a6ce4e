"""Measure words behind the numbers of a bulletin, and the unit that each one counts in."""

import re
from dataclasses import dataclass
from decimal import Decimal

ONE = Decimal(1)
PERCENT = "%"
POINTS = "个百分点"
MU_PER_HECTARE = Decimal(15)


@dataclass(frozen=True)
class Measure:
    """A measure word.

    Attributes
    ----------
    unit : str
        What it counts in: the word itself, or that of the facts (亩, 吨, 人).
    factor : Decimal
        How much of the unit one of it is, exactly.
    """

    unit: str
    factor: Decimal = ONE


CONVERTED = {
    "公顷": Measure("亩", MU_PER_HECTARE),
    "公斤": Measure("吨", Decimal("0.001")),
    "斤": Measure("吨", Decimal("0.0005")),
    "千克": Measure("吨", Decimal("0.001")),
    "克": Measure("吨", Decimal("0.000001")),
    **dict.fromkeys(("kg", "KG", "Kg", "㎏"), Measure("吨", Decimal("0.001"))),
    "t": Measure("吨"),
    **dict.fromkeys(("ha", "hm2", "hm²"), Measure("亩", MU_PER_HECTARE)),
    **dict.fromkeys(("m3", "m³"), Measure("立方米")),
    **dict.fromkeys(("m³/亩", "立方米/亩", "方/亩"), Measure("m3/亩")),
    **dict.fromkeys(("kg/亩", "千克/亩"), Measure("公斤/亩")),
    "只/亩": Measure("头/亩"),
    "个批次": Measure("批次"),
    "名": Measure("人"),
    "台套": Measure("台"),
    "台(套)": Measure("台"),
    "台（套）": Measure("台"),
    "千米": Measure("公里"),
    "米": Measure("公里", Decimal("0.001")),
    "成": Measure(PERCENT, Decimal("0.1")),
    PERCENT: Measure(PERCENT, Decimal("0.01")),
    "％": Measure(PERCENT, Decimal("0.01")),
    "‰": Measure(PERCENT, Decimal("0.001")),
}
"""Words that count in another word's unit. A percentage is counted as a share: 84.5% is 0.845."""

WORDS = """
    个百分点 亩 亩次 吨 人 人次 家 家次 户 户次 台 台次 个 条 期 元 公里 次 项 辆 架 份 件 宗 起
    批 批次 处 场 场次 套 块 瓶 袋 株 头 只 天 倍 番 平方米 平方公里 立方米 毫米 升 度 瓦 千瓦
    公斤/亩 斤/亩 吨/亩 吨/公顷 公斤/公顷 元/亩 元/公斤 元/斤 元/吨 元/袋
    m3/亩 头/亩 人次/家次
    家(次) 家（次） 人(次) 人（次） 台(次) 台（次）
"""
"""Words that are their own unit. 家(次) leaves open which of two it means, so it is neither."""

MEASURES = {word: Measure(word) for word in WORDS.split()} | CONVERTED

NOT_BEFORE = {
    "人": "均大民口才工力类物体参社员",
    "家": "庭长具电乡畜禽里国",
    "户": "籍均主口",
    "台": "风州湾账阶历北山海",
    "个": "月体性别人税案年小工星季",
    "条": "件例约款文",
    "期": "间限末货",
    "元": "旦素月宵件",
    "次": "日年月数序级要品生",
    "项": "目",
    "份": "额",
    "件": "数",
    "起": "来步点飞",
    "批": "复评发准次",
    "处": "理置罚于在长方",
    "场": "地所景",
    "套": "牌餐",
    "块": "钱",
    "头": "条部",
    "只": "有要能是需",
    "亩": "产均",
    "升": "级至到高值温学",
    "克": "服隆",
    "度": "假过汛",
    "瓦": "斯",
    "名": "称单字额录义",
    "天": "气然津空窗花",
    "成": "立本员为功果效熟交长绩品片活人不都语型分就份",
    "倍": "增加受感数",
    "番": "号茄薯石禺地五",
    "米": "糠线",
}
"""Characters behind which a measure word is part of another word: 3个月, 12台账, 2023元旦."""


def _pattern(word: str) -> str:
    guard = NOT_BEFORE.get(word)
    spelt = r"\s?".join(word) if re.fullmatch("[家人台户亩]次", word) else re.escape(word)
    return (
        spelt
        + (f"(?![{guard}])" if guard else "")
        + ("(?![A-Za-z])" if word[-1] < "\x7f" and word[-1].isalnum() else "")
    )


PATTERN = "|".join(_pattern(word) for word in sorted(MEASURES, key=len, reverse=True))
"""Of any measure word, the longest first: 人次 before 人."""

DOUBLED = "|".join(
    (
        "(?<=次)(?:" + "|".join(map(_pattern, "家人台户亩吨个")) + ")",
        "(?<=[家人台户亩吨个])(?:" + "|".join(_pattern(f"{each}次") for each in "家人台户亩") + ")",
        "(?<=个)家(?![" + NOT_BEFORE["家"] + "])",
    )
)
"""A measure word right behind another: 46家次家, 233个家次."""
