from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.phrases import Form, find_phrases
from inspections.round_numbers import round_floor
from inspections.wording import (
    CannotBeWritten,
    Figure,
    Kind,
    NoValue,
    Step,
    WordingRule,
    refusal,
    write,
)

RULE = WordingRule(
    Decimal("0.01"),
    Decimal("0.03"),
    judged={"a.b": (Step(Decimal("0.9"), "多。"), Step(None, "少。"))},
)
POSITIVE = st.decimals(
    min_value="0.001", max_value="99999999", places=3, allow_nan=False, allow_infinity=False
)
WHOLE = st.integers(0, 10**8).map(Decimal)


def count(value: str | Decimal | None, unit: str = "台", **other) -> Figure:
    exact = None if value is None else Decimal(value)
    return Figure("a.b", "某数", Kind.COUNT, unit, exact, **other)


def change(value: str) -> Figure:
    return Figure("a.b", "同比", Kind.CHANGE, value=Decimal(value))


@pytest.mark.parametrize(
    ("figure", "format_", "text"),
    [
        (count("183660", "亩"), "万亩.3", "18.366万亩"),
        (count("183664.9", "亩"), "万亩.3", "18.366万亩"),
        (count("183665", "亩"), "万亩.3", "18.367万亩"),
        (count("0", "亩"), "万亩.3", "0.000万亩"),
        (count("233", "个"), ".0", "233个"),
        (count("2.5", "亩"), ".0", "3亩"),
        (count("4126", "吨"), "以上", "4千吨以上"),
        (count("4000", "吨"), "以上", "4千吨以上"),
        (count("3999.999", "吨"), "以上", "3千吨以上"),
        (count("812.3", "吨"), "以上", "800吨以上"),
        (count("1850", "吨"), "以上", "1800吨以上"),
        (count("18500", "吨"), "以上", "1.8万吨以上"),
        (count("40000", "吨"), "以上", "4万吨以上"),
        (count("0.36", "吨"), "以上", "0.3吨以上"),
        (count("137", "人次"), "多", "130多人次"),
        (count("130", "人次"), "多", "130人次"),
        (count("1957"), "多", "1950多台"),
        (count("12345"), "多", "12300多台"),
        (count("7"), "多", "7台"),
        (count("1034.5", "亩"), "多", "1030多亩"),
        (Figure("a.b", "率", Kind.SHARE, value=Decimal("0.8449")), "%.1", "84.5%"),
        (change("-0.004"), "持平", "持平"),
        (change("0.02"), "持平", "相对持平"),
        (change("0.0312"), "持平", "上涨3.1%"),
        (change("-0.052"), "持平", "下降5.2%"),
        (change("-0.052"), "增减", "减少5.2%"),
        (change("0.0001"), "增减", "持平"),
        (
            Figure("v.none_found", "查", Kind.STATEMENT, statement=True),
            "暂未发现",
            "暂未发现违法行为",
        ),
        (
            Figure("v.none_found", "查", Kind.STATEMENT, statement=False),
            "暂未发现",
            "检查结果尚待核实处理",
        ),
        (count("0.95"), "判断", "多。"),
        (count("0.1"), "判断", "少。"),
    ],
)
def test_a_figure_is_worded_by_its_format(figure, format_, text):
    assert write(figure, format_, RULE) == text


@given(POSITIVE)
def test_what_is_written_with_at_least_holds_and_never_says_less_than_two_thirds(value):
    (phrase,) = find_phrases(write(count(value, "吨"), "以上", RULE))
    assert phrase.form is Form.AT_LEAST
    assert phrase.low == round_floor(value) <= value
    assert Fraction(value) < Fraction(3, 2) * Fraction(phrase.low)


@given(WHOLE)
def test_what_is_written_with_more_is_read_back_as_a_range_that_holds(value):
    (phrase,) = find_phrases(write(count(value), "多", RULE))
    if phrase.form is Form.EXACT:
        assert phrase.low == value
        return
    assert phrase.form is Form.MORE
    assert phrase.low < value < phrase.high


@pytest.mark.parametrize(
    ("figure", "format_", "said"),
    [
        (count("1"), "万亩.3", "不能用格式"),
        (count("1"), "%.1", ".0"),
        (count("1"), "暂未发现", "不能用格式"),
        (count("1"), "x" * 9, "没有格式"),
        (count("1", is_lower_bound=True), ".0", "下限"),
        (count("1", is_lower_bound=True), "多", "下限"),
        (Figure("stock.needs_met", "满足", Kind.STATEMENT), "暂未发现", "不能用格式"),
        (Figure("c.d", "率", Kind.SHARE), "判断", "没有判断语"),
        (Figure("c.d", "率", Kind.SHARE), "持平", "不能用格式"),
    ],
)
def test_a_format_that_does_not_fit_says_what_to_write(figure, format_, said):
    assert said in (refusal(figure, format_, RULE) or "")
    with pytest.raises(CannotBeWritten, match=said):
        write(figure, format_, RULE)


def test_nothing_is_written_where_there_is_nothing():
    for figure, format_ in (
        (count(None), ".0"),
        (count("NaN"), ".0"),
        (Figure("v.none_found", "查", Kind.STATEMENT), "暂未发现"),
    ):
        with pytest.raises(NoValue, match="没有数据"):
            write(figure, format_, RULE)
    with pytest.raises(CannotBeWritten, match="以上"):
        write(count("0"), "以上", RULE)
