"""Laws of the bulletin linter, on the season's own bulletin."""

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.bindings import Scope, bind, bindings_from
from inspections.lint import FactFigure, LintRule, Verdict, lint
from inspections.phrases import MAX_CHARACTERS, Form
from inspections.quotients import quotients_from
from inspections.units import Unit

TABLE = Path(__file__).parents[2] / "config" / "codes" / "phrase_bindings.csv"
QUOTIENTS = TABLE.with_name("quotients.csv")
RULE = LintRule(Decimal("0.05"), Decimal("0.01"), Decimal("0.03"), Decimal("1.5"))
AS_OF = Scope(date(2023, 4, 20))
HELD = (Verdict.EQUAL, Verdict.WITHIN_WORDING)
NUMBERS = {
    "sowing.grain": ("183660", "亩"),
    "outlets.active": ("233", "个"),
    "stock.fertilizer": ("4126.795", "吨"),
    "stock.pesticide": ("801", "吨"),
    "prices.yoy": ("0.0081", "%"),
    "visits.officer_times": ("134", "人次"),
    "visits.visit_times": ("46", "家次"),
    "visits.outlets": ("44", "家"),
    "pests.technician_times": ("30", "人次"),
    "pests.plots": ("14", "个"),
    "pests.area": ("1050", "亩"),
    "machinery.repaired": ("1968", "台"),
    "machinery.trained": ("156", "人"),
    "sowing.share_of_plan": ("0.845", "%"),
    "sowing.yoy": ("0.044", "%"),
    "sowing.yoy_points": ("3.7", "个百分点"),
    "prices.yoy_fertilizer": ("0.05", "%"),
    "prices.yoy_seed": ("-0.002", "%"),
    "visits.coverage": ("0.1888", "%"),
    "visits.per_visit": ("2.913", "人次/家次"),
    "stock.pesticide_per_mu": ("4.3613", "公斤/亩"),
    "pests.per_mu": ("160.1", "头/亩"),
    "weather.suitable_days": ("15", "天"),
    "water.available_per_mu": ("350", "m3/亩"),
}
FACTS = {
    **{
        code: FactFigure(code, Decimal(value), None, unit)
        for code, (value, unit) in NUMBERS.items()
    },
    "stock.needs_met": FactFigure("stock.needs_met", statement=True),
    "visits.none_found": FactFigure("visits.none_found", statement=True),
}
OF_THE_SECTION = {
    "供应充足": "stock.needs_met",
    "18.366万亩": "sowing.grain",
    "233个": "outlets.active",
    "4千吨以上": "stock.fertilizer",
    "800吨以上": "stock.pesticide",
    "相对持平": "prices.yoy",
    "供应顺畅": "stock.needs_met",
    "需求得到满足": "stock.needs_met",
    "130多人次": "visits.officer_times",
    "46家次": "visits.visit_times",
    "暂未发现违法行为": "visits.none_found",
    "30人次": "pests.technician_times",
    "14个": "pests.plots",
    "1000多亩": "pests.area",
    "1950多台": "machinery.repaired",
    "150多人": "machinery.trained",
}
OTHER = {
    "sowing.grain": "183666",
    "outlets.active": "232",
    "stock.fertilizer": "3900",
    "stock.pesticide": "799.999",
    "prices.yoy": "-0.0301",
    "visits.officer_times": "130",
    "visits.visit_times": "45",
    "pests.technician_times": "29",
    "pests.plots": "15",
    "pests.area": "1100",
    "machinery.repaired": "2000",
    "machinery.trained": "160",
    "stock.needs_met": None,
    "visits.none_found": None,
}


@pytest.fixture(scope="module")
def bindings():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return bindings_from(csv.DictReader(file))


def quotients():
    with QUOTIENTS.open(encoding="utf-8", newline="") as file:
        return quotients_from(csv.DictReader(file))


@pytest.fixture(scope="module")
def issue(shared_data) -> str:
    (path,) = (shared_data.parent / "seed").glob("*.txt")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def section(issue) -> str:
    return issue[
        issue.index("春耕生产,刻不容缓".replace(",", "，")) : issue.index("接下来，清新将以")
    ]


def with_value(code: str, value: str | None) -> dict[str, FactFigure]:
    fact = FACTS[code]
    changed = (
        replace(fact, statement=False) if value is None else replace(fact, value=Decimal(value))
    )
    return {**FACTS, code: changed}


def only(text: str, bindings, facts=FACTS, scope=AS_OF):
    (judgement,) = lint(text, facts, bindings, RULE, scope).judgements
    return judgement


def test_every_figure_of_the_section_is_found_bound_and_holds(section, bindings):
    report = lint(section, FACTS, bindings, RULE, AS_OF, quotients())
    assert {each.phrase.text: each.code for each in report.judgements} == OF_THE_SECTION
    assert all(each.verdict in HELD for each in report.judgements)
    assert report.count(Verdict.EQUAL) == 5
    assert len(report.judgements) == 16
    assert not report.is_contradicted


def test_nothing_else_in_the_whole_issue_is_taken_for_a_fact(issue, bindings):
    report = lint(issue, FACTS, bindings, RULE, AS_OF)
    assert {each.phrase.text for each in report.judgements if each.code} == set(OF_THE_SECTION)
    assert all(each.reason for each in report.judgements)


def test_without_the_scope_nothing_else_is_taken_either(issue, bindings):
    report = lint(issue, FACTS, bindings, RULE)
    assert {each.phrase.text for each in report.judgements if each.code} == set(OF_THE_SECTION)


@pytest.mark.parametrize("code", sorted(OTHER))
def test_changing_one_fact_flips_exactly_its_phrase(code, section, bindings):
    report = lint(section, with_value(code, OTHER[code]), bindings, RULE, AS_OF)
    flipped = [each.code for each in report.judgements if each.verdict not in HELD]
    assert flipped == [code] * list(OF_THE_SECTION.values()).count(code)
    assert report.count(Verdict.CONTRADICTED) == len(flipped)
    assert report.is_contradicted


def test_without_data_every_bound_phrase_says_so(section, bindings):
    report = lint(section, {}, bindings, RULE, AS_OF)
    assert {each.verdict for each in report.judgements} == {Verdict.NO_DATA}
    missing = {"prices.yoy": FactFigure("prices.yoy", reason="样本不足")}
    assert only("农资价格与去年相对持平", bindings, missing).reason == "样本不足"


def test_an_aged_outlet_turns_the_floor_of_stock_into_a_contradiction(bindings):
    text = "化肥储备量达4千吨以上"
    figure = FactFigure(
        "stock.fertilizer", Decimal("3900"), None, "吨", True, Decimal("0.85"), "", "化肥储备量"
    )
    aged = only(text, bindings, {"stock.fertilizer": figure})
    assert aged.verdict is Verdict.CONTRADICTED
    assert "3900 吨" in aged.reason
    assert "能证明的只有这么多" in aged.reason
    assert "是下限,覆盖85%" in aged.reason
    fresh = {"stock.fertilizer": replace(figure, value=Decimal("4126.795"))}
    assert only(text, bindings, fresh).verdict is Verdict.WITHIN_WORDING


def test_outlets_that_were_visited_twice_are_not_so_many_outlets(bindings):
    found = only("检查农资生产经营主体46家", bindings)
    assert (found.verdict, found.code) == (Verdict.CONTRADICTED, "visits.outlets")
    assert "家次 ≠ 家" in found.reason
    assert "46 家次" in found.reason
    assert "44 家" in found.reason
    assert only("检查农资生产经营主体44家", bindings).verdict is Verdict.EQUAL


def test_times_are_named_only_where_they_explain_the_figure(bindings):
    found = only("检查农资生产经营主体45家", bindings)
    assert found.verdict is Verdict.CONTRADICTED
    assert "≠" not in found.reason


def test_a_level_without_a_change_is_judged_by_its_statement(bindings):
    for holds, verdict in ((True, Verdict.WITHIN_WORDING), (False, Verdict.CONTRADICTED)):
        facts = {"prices.yoy": FactFigure("prices.yoy", statement=holds)}
        assert only("农资价格与去年持平", bindings, facts).verdict is verdict


def test_a_level_with_the_year_that_it_compares_with_is_of_this_year(bindings):
    assert only("农资价格与2022年相对持平", bindings).code == "prices.yoy"


def test_persons_are_not_taken_for_person_times(bindings):
    found = only("出动执法人员130多人", bindings)
    assert (found.verdict, found.code) == (Verdict.UNBOUND, None)
    assert "单位不对" in found.reason
    assert "visits.officer_times(人次)" in found.reason


@pytest.mark.parametrize(
    ("text", "value", "verdict"),
    [
        ("粮食播种面积18.366万亩", "183664.99", Verdict.EQUAL),
        ("粮食播种面积18.366万亩", "183665", Verdict.CONTRADICTED),
        ("粮食播种面积18.37万亩", "183660", Verdict.EQUAL),
        ("粮食播种面积183660亩", "183660.4", Verdict.EQUAL),
        ("粮食播种面积183660亩", "183661", Verdict.CONTRADICTED),
        ("粮食播种面积12244公顷", "183660", Verdict.EQUAL),
        ("粮食播种面积一十八点三六六万亩", "183660", Verdict.EQUAL),
        ("粮食播种面积约18万亩", "189000", Verdict.WITHIN_WORDING),
        ("粮食播种面积约18万亩", "189000.01", Verdict.CONTRADICTED),
        ("粮食播种面积近18万亩", "171000", Verdict.WITHIN_WORDING),
        ("粮食播种面积18—19万亩", "183660", Verdict.UNBOUND),
        ("粮食播种面积18万—19万亩", "183660", Verdict.WITHIN_WORDING),
        ("粮食播种面积18万亩至19万亩", "190000", Verdict.WITHIN_WORDING),
        ("粮食播种面积18万亩至19万亩", "190001", Verdict.CONTRADICTED),
        ("粮食播种面积超18万亩", "183660", Verdict.WITHIN_WORDING),
        ("粮食播种面积超18万亩", "180000", Verdict.CONTRADICTED),
        ("粮食播种面积不足19万亩", "190000", Verdict.CONTRADICTED),
        ("粮食播种面积不超过19万亩", "190000", Verdict.WITHIN_WORDING),
        ("粮食播种面积18万亩以上", "180000", Verdict.WITHIN_WORDING),
        ("粮食播种面积18万亩以上", "179999.99", Verdict.CONTRADICTED),
        ("粮食播种面积18万多亩", "180000", Verdict.CONTRADICTED),
        ("粮食播种面积18万多亩", "180000.01", Verdict.WITHIN_WORDING),
        ("粮食播种面积18万多亩", "190000", Verdict.CONTRADICTED),
    ],
)
def test_a_wording_holds_between_its_limits(text, value, verdict, bindings):
    found = only(text, bindings, with_value("sowing.grain", value))
    assert found.verdict is verdict, found.reason


@pytest.mark.parametrize(
    ("stated", "first", "last"),
    [("130多", 131, 139), ("150多", 151, 159), ("1950多", 1951, 1999), ("1000多", 1001, 1099)],
)
def test_more_holds_up_to_the_next_round_number(stated, first, last, bindings):
    held = [
        value
        for value in range(first - 10, last + 10)
        if only(
            f"检修农机具{stated}台", bindings, with_value("machinery.repaired", str(value))
        ).verdict
        in HELD
    ]
    assert held == list(range(first, last + 1))


def test_a_floor_far_below_the_figure_holds_and_says_so(bindings):
    low = only("农药储备量达500吨以上", bindings)
    assert low.verdict is Verdict.WITHIN_WORDING
    assert "说低了" in low.reason
    assert "说低了" not in only("农药储备量达800吨以上", bindings).reason


@pytest.mark.parametrize(
    ("word", "change", "holds"),
    [
        *(("持平", "0.01", True), ("持平", "0.0101", False), ("持平", "-0.01", True)),
        *(("相对持平", "0.03", True), ("相对持平", "-0.0301", False), ("基本持平", "0.02", True)),
    ],
)
def test_level_holds_up_to_its_change(word, change, holds, bindings):
    found = only(f"农资价格与去年{word}", bindings, with_value("prices.yoy", change))
    assert (found.verdict in HELD) is holds


@pytest.mark.parametrize(
    ("text", "change", "verdict"),
    [
        ("农资价格同比下降2%", "-0.0201", Verdict.EQUAL),
        ("农资价格同比下降2%", "0.02", Verdict.CONTRADICTED),
        ("农资价格同比上涨2.01%", "0.0201", Verdict.EQUAL),
        ("农资价格同比下降百分之二以上", "-0.025", Verdict.WITHIN_WORDING),
        ("农资价格同比下降2%以上", "-0.019", Verdict.CONTRADICTED),
        ("农资价格同比变动2%", "0.02", Verdict.UNBOUND),
    ],
)
def test_a_change_has_a_direction(text, change, verdict, bindings):
    assert only(text, bindings, with_value("prices.yoy", change)).verdict is verdict


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("完成粮食播种计划的84.5%", "sowing.share_of_plan"),
        ("播种进度比去年同期快3.7个百分点", "sowing.yoy_points"),
        ("早稻播种面积12.1万亩", "sowing.early_rice"),
        ("农机具完好率达95%以上", "machinery.fit_share"),
        ("农资经营网点233家", "outlets.active"),
        ("抽检样品12个", "visits.samples"),
        ("检修农机具2105台次", "machinery.repairs"),
        ("培训农机手180人次", "machinery.training_times"),
        ("储备化肥22.5公斤/亩", "stock.fertilizer_per_mu"),
    ],
)
def test_a_fact_that_the_section_leaves_out_is_known_by_its_words(text, code, bindings):
    found = only(text, bindings)
    assert (found.code, found.verdict) == (code, HELD[0] if code in FACTS else Verdict.NO_DATA)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "力争粮食播种面积达到20万亩",
            "去年化肥储备量5000吨",
            "每镇农资经营网点10个",
            "其中粮食播种面积3万亩",
        ),
        *("本周粮食新增播种面积1.2万亩", "2022年,检查农资经营主体46家次", "太和镇农资经营网点35个"),
        *("确保群众需求得到满足", "未能使群众需求得到满足", "暂未发现病虫害", "粮食价格与去年持平"),
        *("检查种子经营主体12家次", "检修拖拉机300台", "土地执法人员出动20人次", "二三十家次检查"),
        *("检查46家(次)", "化肥储备量4126.795亩", "肥料和农药储备量5000吨"),
    ],
)
def test_what_is_of_another_time_place_or_thing_is_left_unbound_with_the_reason(text, bindings):
    scope = Scope(AS_OF.as_of, ("太和镇",))
    found = lint(text, FACTS, bindings, RULE, scope).judgements
    assert [(each.verdict, each.code) for each in found] == [(Verdict.UNBOUND, None)]
    assert found[0].reason


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            "粮食播种面积18.366万亩,完成计划的91.8%,同比快3.7个百分点",
            ["sowing.grain", "sowing.share_of_plan", "sowing.yoy_points"],
        ),
        ("早稻播种面积12万亩,完成计划的91.8%", ["sowing.early_rice", None]),
        ("完成农机具检修计划的91.8%", [None]),
        ("调查14个地块,面积1000多亩", ["pests.plots", "pests.area"]),
        ("现有化肥储备4126.795吨、农药801吨", ["stock.fertilizer", "stock.pesticide"]),
        ("化肥、农药储备量分别为4000吨、800吨", [None, None]),
        ("早稻播种15万亩、粮食播种18.366万亩", ["sowing.early_rice", None]),
        ("农药储备量达800吨以上,亩均4.36公斤", ["stock.pesticide", "stock.pesticide_per_mu"]),
        ("上年农资网点230个,今年233个农资网点", [None, "outlets.active"]),
        ("检查农资经营主体46家次(其中复查2家次)", ["visits.visit_times", None]),
        (
            "出动执法人员134人次检查主体46家次抽样12个",
            ["visits.officer_times", "visits.visit_times", "visits.samples"],
        ),
    ],
)
def test_the_nearest_words_decide_and_a_subject_is_carried_over(text, codes, bindings):
    found = lint(text, FACTS, bindings, RULE, AS_OF).judgements
    assert [each.code for each in found] == codes


@pytest.mark.parametrize(
    "text",
    [
        "检\n查农资生产经营主体46\n家次",
        "检查主体 46 家 次",
        "检查主体４６家次",
        "检查主体四十六家次",
    ],
)
def test_a_line_break_of_a_printed_page_hides_nothing(text, bindings):
    found = only(text, bindings)
    assert (found.code, found.verdict) == ("visits.visit_times", Verdict.EQUAL)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("截至4月13日,全区已完成粮食播种面积达16万亩", "截至4月13日"),
        ("截至2022年4月20日,全区已完成粮食播种面积达16万亩", "2022年"),
        ("3月份检查主体12家次", "月份"),
        ("化肥储备1，950吨", "全角逗号"),
        ("百余人次执法人员出动", "两种读法"),
    ],
)
def test_what_is_left_unbound_says_what_it_speaks_of(text, says, bindings):
    found = only(text, bindings)
    assert found.verdict is Verdict.UNBOUND
    assert says in found.reason


def test_facts_are_named_by_their_titles(bindings):
    titled = {
        code: replace(FACTS[code], title=title)
        for code, title in [("stock.fertilizer", "化肥储备量"), ("stock.pesticide", "农药储备量")]
    }
    assert (
        only("肥料和农药储备量5000吨", bindings, titled).reason
        == "可能是化肥储备量、农药储备量,分不清"
    )
    assert only("化肥储备量4126.795吨", bindings, titled).reason == "化肥储备量为4126.795 吨"
    assert "化肥储备量(吨)" in only("化肥储备量4000亩", bindings, titled).reason


amounts = st.decimals("0.01", "999999.99", places=2)


@given(amounts, st.integers(0, 4))
def test_a_value_as_it_is_printed_is_equal_and_one_unit_more_is_not(value, places):
    with TABLE.open(encoding="utf-8", newline="") as file:
        table = bindings_from(csv.DictReader(file))
    unit = Decimal(1).scaleb(-places)
    printed = (value / 10_000).quantize(unit, ROUND_HALF_UP)
    facts = with_value("sowing.grain", str(value))
    for stated, holds in ((printed, True), (printed + unit, False)):
        found = only(f"粮食播种面积{stated}万亩", table, facts)
        assert (found.verdict is Verdict.EQUAL) is holds


@given(amounts, st.integers(1, 9999))
def test_a_floor_and_more_hold_exactly_where_they_say(value, stated):
    with TABLE.open(encoding="utf-8", newline="") as file:
        table = bindings_from(csv.DictReader(file))
    facts = with_value("stock.pesticide", str(value))
    floor = only(f"农药储备量{stated}吨以上", table, facts)
    more = only(f"农药储备量{stated}多吨", table, facts)
    assert (floor.verdict in HELD) is (value >= stated)
    assert more.phrase.high is not None
    assert (more.verdict in HELD) is (stated < value < more.phrase.high)


RATES = ("公斤/亩", "头/亩", "m3/亩", "人次/家次")


def test_every_row_of_the_table_can_bind_and_counts_as_facts_count(bindings):
    for row in bindings:
        assert row.fact_code == "*" or row.words_any
        assert row.unit in {*Unit, *RATES, "", "%", "个百分点", "块", "批次", "份", "天"}
        assert row.unit or row.forms


def test_a_form_that_is_unknown_is_refused_when_the_table_is_read():
    row = dict.fromkeys(("fact_code", "unit", "words_any", "words_none", "is_signed"), "")
    with pytest.raises(ValueError, match="roughly"):
        bindings_from([{**row, "forms": "roughly"}])


def test_a_value_that_is_no_number_is_no_data(bindings):
    for value in ("NaN", "Infinity"):
        facts = with_value("sowing.grain", value)
        assert only("粮食播种面积18万亩", bindings, facts).verdict is Verdict.NO_DATA


def test_naughty_strings_around_a_figure_never_make_it_raise(shared_data, bindings):
    strings = json.loads((shared_data / "text" / "naughty_strings.json").read_text("utf-8"))
    for each in strings:
        lint(f"{each}检查农资生产经营主体46家次{each}", FACTS, bindings, RULE, AS_OF)


@given(
    st.text(
        alphabet="检查农资价格网点粮食播种面积持平未发现满足需求46万千一二亩家次人,。%-— ",
        max_size=60,
    )
)
def test_whatever_is_bound_is_worded_and_measured_as_its_fact(text):
    with TABLE.open(encoding="utf-8", newline="") as file:
        table = bindings_from(csv.DictReader(file))
    for each in bind(text, table):
        assert (each.code is None) == bool(each.why)
        rows = [row for row in table if row.fact_code == each.code and row.unit == each.phrase.unit]
        assert each.code is None or any(row.takes(each.phrase) for row in rows)
        assert each.phrase.form is not Form.UNCLEAR or each.code is None


def test_what_lies_behind_the_limit_is_counted_as_unread(bindings):
    text = "检查农资生产经营主体46家次" * 800_000
    report = lint(text, FACTS, bindings, RULE)
    assert report.unread_characters == len(text) - MAX_CHARACTERS
    assert report.judgements


@pytest.mark.parametrize(
    "text",
    [
        *(
            "农资网点没有233个",
            "农资网点并非233个",
            "没有完成粮食播种18.366万亩",
            "粮食播种不是18.366万亩",
        ),
        *(
            "全区未能检查农资经营主体46家次",
            "农资网点233个都没有",
            "难以说农资网点233个",
            "农资网点233个吗?",
        ),
        *("并未与去年农资价格持平", "农资供应不充足", "农资需求未得到满足", "检查并无46家次"),
        *("误报称,农资网点233个", "如果农资网点233个", "力争月底前,粮食播种18.366万亩"),
    ],
)
def test_what_is_denied_asked_or_wished_is_left_unbound(text, bindings):
    found = lint(text, FACTS, bindings, RULE, AS_OF).judgements
    assert [(each.verdict, bool(each.reason)) for each in found] == [(Verdict.UNBOUND, True)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "去年,全区检查农资经营主体46家次",
            "二〇二二年检查农资经营主体46家次",
            "去年暂未发现违法行为",
        ),
        *("截至四月十三日,全区完成粮食播种18.366万亩", "3月检查农资经营主体46家次"),
        *("去年粮食播种完成计划的84.5%", "离粮食播种计划还差84.5%", "播种进度比上周快3.7个百分点"),
        *("农资价格与上月持平", "农资价格环比持平", "农资价格持平", "农资价格与2021年持平"),
        *("太和镇抓得紧,播种粮食18.366万亩", "全市农资经营网点233个", "2022年农资价格同比下降2%"),
        *("粮食播种18万亩的地方,检修农机多,同比增长4.4%", "培训后播种,同比增长4.4%"),
        *("培训需求得到满足", "化肥供应充足", "用肥需求得到满足", "农药使用量4.36公斤/亩"),
        *(
            "3月以来,全区检查农资经营主体46家次",
            "一季度,检查农资经营主体46家次",
            "农资网点由233个增至240个",
        ),
        *("农资价格上涨一倍", "农资价格翻一番", "半数的村", "三分之二的村", "八成以上农户"),
    ],
)
def test_what_is_of_another_time_place_or_subject_said_earlier_is_left_unbound(text, bindings):
    scope = Scope(AS_OF.as_of, ("太和镇", "全市"))
    found = lint(text, FACTS, bindings, RULE, scope).judgements
    assert found
    assert found[-1].verdict is Verdict.UNBOUND, found[-1]


def test_the_place_that_is_named_last_is_meant(bindings):
    scope = Scope(AS_OF.as_of, ("太和镇",))
    text = "太和镇开会通报,全区农资经营网点233个,太和镇35个"
    assert [each.code for each in lint(text, FACTS, bindings, RULE, scope).judgements] == [
        "outlets.active",
        None,
    ]


@pytest.mark.parametrize(
    ("text", "code", "verdict"),
    [
        ("种子价格与去年相对持平", "prices.yoy_seed", Verdict.WITHIN_WORDING),
        ("化肥价格与去年相对持平", "prices.yoy_fertilizer", Verdict.CONTRADICTED),
        ("化肥价格同比上涨5%", "prices.yoy_fertilizer", Verdict.EQUAL),
        ("农药价格与去年持平", "prices.yoy_pesticide", Verdict.NO_DATA),
        ("种子、化肥价格与去年相对持平", None, Verdict.UNBOUND),
        ("尿素价格与去年相对持平", None, Verdict.UNBOUND),
        ("亩均农药储备4.36公斤", "stock.pesticide_per_mu", Verdict.EQUAL),
        ("每亩农药储备4.36公斤/亩", "stock.pesticide_per_mu", Verdict.EQUAL),
        ("平均每亩农药储备8.72斤", "stock.pesticide_per_mu", Verdict.EQUAL),
        ("每亩农药储备5公斤", "stock.pesticide_per_mu", Verdict.CONTRADICTED),
        ("每镇农药储备801吨", None, Verdict.UNBOUND),
        ("农药储备800000kg以上", "stock.pesticide", Verdict.WITHIN_WORDING),
        ("粮食播种1.8366×10^5亩", "sowing.grain", Verdict.EQUAL),
        ("粮食播种面积同比增长4.4%", "sowing.yoy", Verdict.EQUAL),
        ("粮食播种面积同比下降4.4%", "sowing.yoy", Verdict.CONTRADICTED),
        ("粮食播种完成计划的八成以上", "sowing.share_of_plan", Verdict.WITHIN_WORDING),
        ("粮食播种完成计划的九成以上", "sowing.share_of_plan", Verdict.CONTRADICTED),
        ("粮食播种完成计划的三分之二以上", "sowing.share_of_plan", Verdict.WITHIN_WORDING),
        ("粮食播种过半", "sowing.share_of_plan", Verdict.WITHIN_WORDING),
        ("抽检样品12批次", "visits.samples", Verdict.NO_DATA),
        ("每次检查2.9人次", "visits.per_visit", Verdict.EQUAL),
        ("平均每家次检查出动2.9人次", "visits.per_visit", Verdict.EQUAL),
        ("越冬基数亩虫量160.1头", "pests.per_mu", Verdict.EQUAL),
        ("适宜播种天数15天", "weather.suitable_days", Verdict.EQUAL),
        ("每亩可用水量350立方米", "water.available_per_mu", Verdict.EQUAL),
        ("农资供应顺畅", "stock.needs_met", Verdict.WITHIN_WORDING),
    ],
)
def test_a_figure_is_bound_to_its_own_class_and_rate(text, code, verdict, bindings):
    found = only(text, bindings)
    assert (found.code, found.verdict) == (code, verdict), found.reason


def test_a_change_of_area_stands_beside_the_area_that_it_is_of(bindings):
    text = "截至4月20日,全区已完成粮食播种面积达18.366万亩,同比增长4.4%。"
    found = lint(text, FACTS, bindings, RULE, AS_OF).judgements
    assert [(each.code, each.verdict) for each in found] == [
        ("sowing.grain", Verdict.EQUAL),
        ("sowing.yoy", Verdict.EQUAL),
    ]


def ratio(text: str, bindings, **values: str):
    changed = {
        code.replace("_", ".", 1): replace(FACTS[code.replace("_", ".", 1)], value=Decimal(value))
        for code, value in values.items()
    }
    (found,) = lint(text, {**FACTS, **changed}, bindings, RULE, AS_OF, quotients()).judgements
    return found


@pytest.mark.parametrize(
    "text", ["46/233", "46/233=19.7%", "检查46家次/233个网点", "检查46/233家", "覆盖率46÷233=19.7%"]
)
def test_visits_by_outlets_are_a_coverage_only_where_no_outlet_repeats(text, bindings):
    found = ratio(text, bindings)
    assert (found.code, found.verdict) == ("visits.coverage", Verdict.CONTRADICTED)
    for told in ("46÷233=19.7%", "44 家÷233 个=18.9%", "家次 ≠ 家", "不同网点"):
        assert told in found.reason
    distinct = ratio("46/233=19.7%", bindings, visits_outlets="46")
    assert (distinct.code, distinct.verdict) == ("visits.coverage", Verdict.EQUAL)
    assert ratio("44/233=18.9%", bindings).verdict is Verdict.EQUAL


def test_officers_by_visits_are_told_beside_the_two_that_each_visit_needs(bindings):
    found = ratio("130/46=2.8", bindings)
    assert (found.code, found.verdict) == ("visits.per_visit", Verdict.CONTRADICTED)
    for told in ("130÷46=2.83 人次/家次", "134 人次÷46 家次=2.91", "合乎“每次检查须有2名以上"):
        assert told in found.reason
    assert ratio("130多人次/46家次=2.9", bindings).verdict is Verdict.WITHIN_WORDING
    assert ratio("130/46=2.8", bindings, visits_officer_times="130").verdict is Verdict.EQUAL
    few = ratio("80/46=1.7", bindings, visits_officer_times="80")
    assert "低于“每次检查须有2名以上" in few.reason


def test_a_stock_by_an_area_is_told_in_kilograms_a_mu(bindings):
    bound = {"stock.pesticide": replace(FACTS["stock.pesticide"], is_lower_bound=True)}
    text = "800吨÷18.366万亩=4.36公斤/亩"
    (found,) = lint(text, {**FACTS, **bound}, bindings, RULE, AS_OF, quotients()).judgements
    assert (found.code, found.verdict) == ("stock.pesticide_per_mu", Verdict.WITHIN_WORDING)
    assert "801 吨÷183660 亩=4.36 公斤/亩" in found.reason
    assert ratio("801吨÷18.366万亩=4.36吨/亩", bindings).verdict is Verdict.CONTRADICTED


@pytest.mark.parametrize("text", ["12/46", "45/230", "去年46/233", "并非46/233", "46/0"])
def test_a_quotient_of_other_numbers_is_left_unbound(text, bindings):
    for found in lint(text, FACTS, bindings, RULE, AS_OF, quotients()).judgements:
        assert found.verdict is Verdict.UNBOUND
        assert found.reason


def test_a_share_in_brackets_is_of_what_stands_before_them(bindings):
    text = "检查46家次,覆盖44家(18.9%),覆盖率19.7%"
    found = lint(text, FACTS, bindings, RULE, AS_OF, quotients()).judgements
    assert [(each.code, each.verdict) for each in found] == [
        ("visits.visit_times", Verdict.EQUAL),
        ("visits.outlets", Verdict.EQUAL),
        ("visits.coverage", Verdict.EQUAL),
        ("visits.coverage", Verdict.CONTRADICTED),
    ]
    assert "46 家次÷233 个,家次 ≠ 家" in found[-1].reason
