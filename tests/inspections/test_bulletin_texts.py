from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.bulletin_context import Around
from inspections.bulletin_slots import codes, pieces
from inspections.bulletin_texts import problems, problems_of_head
from inspections.wording import Figure, Kind
from tests.inspections.test_wording import RULE

FIGURES = {
    each.code: each
    for each in (
        Figure("sowing.grain", "粮食播种面积", Kind.COUNT, "亩"),
        Figure("outlets.active", "网点", Kind.COUNT, "个"),
        Figure("stock.fertilizer", "化肥", Kind.COUNT, "吨", is_lower_bound=True),
        Figure("prices.yoy", "价格", Kind.CHANGE, "%"),
        Figure("visits.none_found", "暂未发现", Kind.STATEMENT),
    )
}


HERE = Around(("清新区", "全区"), ("太和镇", "五星村", "全镇"), date(2023, 4, 20))
SOWN, SHOPS = "{{sowing.grain|万亩.3}}", "{{outlets.active|.0}}"
CLEAN, LEVEL = "{{visits.none_found|暂未发现}}", "{{prices.yoy|持平}}"


def said(template: str) -> str:
    return "\n".join(str(each) for each in problems(template, FIGURES, RULE, HERE))


def test_text_with_slots_days_issues_and_documents_can_be_saved():
    good = (
        "2023年第3期（总第20期），依据粤农农〔2019〕620号。截至{{as_of|月日}}，3月16日推进会提出"
        "“2420”战略和“5+1”模式，播种{{sowing.grain|万亩.3}}，网点{{outlets.active|.0}}，"
        "化肥{{stock.fertilizer|以上}}，{{visits.none_found|暂未发现}}。一是抓早。\n第二段。"
    )
    assert said(good) == ""
    assert codes(good) == [
        "sowing.grain", "outlets.active", "stock.fertilizer", "visits.none_found"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("化肥储备800吨以上", "第1行第5字“800吨以上”"),
        ("好。\n检修一千九百五十多台。", "第2行第3字“一千九百五十多台”"),
        ("达18.366", "第1行第2字“18.366”"),
        ("价格与去年相对持平", "相对持平"),
        ("暂未发现违法行为", "暂未发现违法行为"),
        ("１２个", "１２个"),
        ("1{{outlets.active|.0}}", "旁边的文字会改变数字的意思"),
        ("超过{{outlets.active|.0}}", "旁边的文字会改变数字的意思"),
        ("{{outlets.active|.0}}以上", "以上"),
        ("{{no.such|.0}}", "没有事实 no.such"),
        ("{{outlets.active|万亩.3}}", "不能用格式"),
        ("{{stock.fertilizer|.0}}", "下限"),
        ("{{as_of|周}}", "月日"),
        ("{% for x in y %}", "循环"),
        ("{{ outlets.active }}", "大括号"),
        ("{{outlets.active|.0}", "大括号"),
        ("{{7*7}}", "大括号"),
        ("=SUM(A1)", "公式"),
        ("<b>好</b>", "HTML"),
        ("<script>alert(1)</script>", "HTML"),
        ("好\x01", "控制字符"),
        ("农" * 40_000, "KB"),
        ("{{outlets.active|.0}}" * 501, "500"),
    ],
)
def test_what_cannot_be_saved_is_refused_with_its_place(template, expected):
    assert expected in said(template)


@given(st.text(max_size=300))
def test_any_text_is_taken_or_refused_and_never_lost(template):
    assert "".join(each.source for each in pieces(template)) == template
    for each in problems(template, FIGURES, RULE):
        assert each.line >= 1
        assert each.column >= 1
        assert each.reason


@pytest.mark.parametrize("name", ["spring.txt", "report.txt"])
def test_the_shipped_templates_hold_no_typed_figure(name):
    text = (Path("config/bulletins") / name).read_text(encoding="utf-8")
    assert "大括号" not in said(text)
    assert len(codes(text)) >= 14


@pytest.mark.parametrize(
    "typed",
    [
        *("⅛", "٠١٢٣", "①②家", "Ⅻ家", "卅个", "廿", "〡", "㊿", "²", "VI家", "俩"),
        *(
            "三成",
            "八成以上农户",
            "三分之二的村",
            "上涨一倍",
            "成倍",
            "翻一番",
            "半数",
            "过半",
            "近半",
            "百分百",
        ),
        *(
            "达一百二十三",
            "三村已播完",
            "上千",
            "数十",
            "百余",
            "达“18.366”",
            "“20”万亩",
            "检查46/233",
        ),
    ],
)
def test_a_figure_in_any_script_or_in_words_is_not_typed(typed):
    assert "写死" in said(f"好，{typed}。")
    assert problems_of_head(f"春耕{typed}")


@pytest.mark.parametrize(
    "text",
    [
        "一是抓早，二是抓细，第一仗，万众一心，千方百计，十分重视，统一指挥。",
        "“十四五”规划，二〇二三年四月二十日，一二三产业，不断完成，成立队伍，参加培训。",
        "“五大百亿”，百亿丝苗米产业，两手抓，一要抓实，半个月来，区镇村三级，事半功倍，信心百倍，再加倍努力，半天时间，一村一品，千家万户，百县千镇万村。",
    ],
)
def test_numerals_that_are_parts_of_words_are_no_figures(text):
    assert said(text) == ""


@pytest.mark.parametrize(
    "code", [0x202E, 0x202C, 0x2066, 0x200B, 0xAD, 0x336, 0x20E0, 0xE000, 0x3164]
)
def test_no_character_hides_or_turns_or_strikes_a_figure(code):
    for text in (f"播种{chr(code)}{SOWN}", f"播种{SOWN}{chr(code)}亩"):
        assert f"U+{code:04X}" in said(text)
    assert "看不见" in str(problems_of_head(f"春耕{chr(code)}")[0])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"今年并未{CLEAN}。", "否定"),
        (f"没有{SOWN}。", "否定"),
        (f"播种并非{SOWN}。", "否定"),
        (f"播种{SOWN}不实。", "否定"),
        (f"据说播种{SOWN}。", "否定"),
        (f"如果播种{SOWN}。", "否定"),
        (f"去年播种{SOWN}。", "去年"),
        (f"去年春天，全区播种{SOWN}。", "去年"),
        (f"前年价格{LEVEL}。", "前年"),
        (f"太和镇播种{SOWN}。", "太和镇"),
        (f"太和镇动手早，已播种{SOWN}。", "太和镇"),
        (f"全国播种{SOWN}。", "全国"),
        (f"全镇播种{SOWN}。", "全镇"),
        (f"英德市播种{SOWN}。", "英德市"),
        (f"3月1日播种{SOWN}。", "3月1日"),
        (f"到3月1日，播种{SOWN}。", "3月1日"),
        (f"三月份播种{SOWN}。", "三月份"),
        (f"2021年价格与2020年{LEVEL}。", "2021年"),
        (f"2022年，播种{SOWN}，2022年网点{SHOPS}。", "2022年"),
        (f"检查{SHOPS}家。", "后面紧接"),
        (f"检查{SHOPS}家次。", "后面紧接"),
        (f"播种{SOWN}成。", "后面紧接"),
        (f"播种{SOWN}百分点。", "后面紧接"),
        (f"播种-{SOWN}。", "前面紧接"),
        (f"播种负{SOWN}。", "前面紧接"),
        (f"三{SHOPS}。", "前面紧接"),
        (f"网点{SHOPS}/{SHOPS}。", "前面紧接"),
        (f"{SOWN}{SHOPS}。", "两个数字之间"),
        (f"价格{LEVEL}略涨。", "后面须是标点"),
        (f"{CLEAN}减少。", "后面须是标点"),
    ],
)
def test_the_words_around_a_slot_may_not_deny_or_move_its_figure(text, why):
    assert why in said(text)


@pytest.mark.parametrize(
    "text",
    [
        f"清远市清新区播种{SOWN}，检查不同网点{SHOPS}，{CLEAN}。",
        f"太和镇召开现场会，全区播种{SOWN}。去年雨水多。今年网点{SHOPS}。",
        f"农资价格与去年同期相比{LEVEL}，{CLEAN}。",
        f"2023年价格与2022年{LEVEL}。截至4月20日，播种{SOWN}。",
        f"去年底部署，今年以来播种{SOWN}；不误农时，网点{SHOPS}、播种{SOWN}。",
    ],
)
def test_words_of_the_place_itself_and_of_this_year_stand_beside_a_slot(text):
    assert said(text) == ""


@pytest.mark.parametrize(
    "title",
    [
        "全区已完成粮食播种面积达20万亩，暂未发现违法行为",
        "价格相对持平",
        "播种{{sowing.grain|万亩.3}}",
        "春播过半",
    ],
)
def test_a_head_holds_no_figure_and_no_slot(title):
    assert "请写进正文" in str(problems_of_head(title)[0])


@pytest.mark.parametrize(
    "title", ["", "春耕 <简报>", "区委、区四套班子领导", "抓紧春播，做好农资保供"]
)
def test_a_head_of_words_can_be_saved(title):
    assert problems_of_head(title) == []
