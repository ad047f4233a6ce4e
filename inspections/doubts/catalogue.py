"""The rules by name."""

from inspections.doubts.doubt import Book, Rule, Severity

_DOUBT, _HINT, _BLOCK = Severity.DOUBT, Severity.HINT, Severity.BLOCK

FALL = Rule("sowing.fall", "累计数减少", _BLOCK, Book.SOWING)
JUMP = Rule("sowing.jump", "一周增加过多", _DOUBT, Book.SOWING)
FIELDWORK = Rule("sowing.fieldwork", "超过适宜作业日的能力", _HINT, Book.SOWING)
REPEATED = Rule("sowing.repeated", "连续几周数字不变", _HINT, Book.SOWING)
EARLY = Rule("sowing.early", "早于统计日填报", _HINT, Book.SOWING)
ROUND = Rule("sowing.round", "全镇各村同一个整数", _DOUBT, Book.SOWING)
OVER_PLAN = Rule("sowing.over_plan", "超过计划", _DOUBT, Book.SOWING)
OVER_LAND = Rule("sowing.over_land", "超过耕地", _DOUBT, Book.SOWING)
OVER_NURSERY = Rule("sowing.over_nursery", "栽插超过秧田可栽面积", _DOUBT, Book.SOWING)
NEIGHBOURS = Rule("sowing.neighbours", "进度与同镇各村相差过大", _DOUBT, Book.SOWING)
TOWN_TOTAL = Rule("sowing.town_total", "镇报总数与各村之和不符", _DOUBT, Book.SOWING)
NEGATIVE = Rule("stock.negative", "账面库存为负", _DOUBT, Book.STOCK, is_state=True)
VARIANCE = Rule("stock.variance", "盘点与账面不符", _DOUBT, Book.STOCK)
SLIP = Rule("stock.slip", "一次记入过多", _DOUBT, Book.STOCK)
UNCHANGED = Rule("stock.unchanged", "库存不动而同镇有销售", _HINT, Book.STOCK, is_state=True)
STALE = Rule("stock.stale", "长期没有上报库存", _HINT, Book.STOCK, is_state=True)
PER_MU = Rule("stock.per_mu", "亩均储备量不合常理", _DOUBT, Book.STOCK, is_state=True)
MEDIAN = Rule("price.median", "偏离同类中位价", _DOUBT, Book.PRICES)
SPIKE = Rule("price.spike", "价格突变", _DOUBT, Book.PRICES)
OFFICERS = Rule("visit.officers", "持证人员不足两名", _BLOCK, Book.VISITS)
TWO_PLACES = Rule("visit.two_places", "同一时刻两处检查", _DOUBT, Book.VISITS)
REUSED = Rule("photo.reused", "照片重复使用", _DOUBT, Book.PHOTOS)
REPAIRED = Rule("machinery.repaired", "检修台数超过在册", _DOUBT, Book.MACHINERY)
ATTENDANCE = Rule("training.attendance", "参训人数远超计划", _HINT, Book.MACHINERY)
TEMPERATURES = Rule("weather.order", "最低、平均、最高气温次序颠倒", _BLOCK, Book.AGRONOMY)
CLIMATE = Rule("weather.climate", "气象数据超出常年范围", _DOUBT, Book.AGRONOMY)
UNSAMPLED = Rule("pest.unsampled", "有虫口密度没有取样面积", _DOUBT, Book.AGRONOMY)
RESERVOIR = Rule("reservoir.over", "蓄水量超过库容", _DOUBT, Book.AGRONOMY)

RULES = {
    each.code: each
    for each in (
        *(FALL, JUMP, FIELDWORK, REPEATED, EARLY, ROUND, OVER_PLAN, OVER_LAND, OVER_NURSERY),
        *(NEIGHBOURS, TOWN_TOTAL, NEGATIVE, VARIANCE, SLIP, UNCHANGED, STALE, PER_MU, MEDIAN),
        *(SPIKE, OFFICERS, TWO_PLACES, REUSED, REPAIRED, ATTENDANCE, TEMPERATURES, CLIMATE),
        *(UNSAMPLED, RESERVOIR),
    )
}
"""Code -> rule."""
