from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.bulletin_texts import codes, pieces, problems
from inspections.wording import Figure, Kind
from tests.inspections.test_wording import RULE

FIGURES = {
    each.code: each
    for each in (
        Figure("sowing.grain", "粮食播种面积", Kind.COUNT, "亩"),
        Figure("outlets.active", "网点", Kind.COUNT, "个"),
        Figure("stock.fertilizer", "化肥", Kind.COUNT, "吨", is_lower_bound=True),
        Figure("visits.none_found", "暂未发现", Kind.STATEMENT),
    )
}


def said(template: str) -> str:
    return "\n".join(str(each) for each in problems(template, FIGURES, RULE))


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
