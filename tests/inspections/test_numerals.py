"""Laws of the reader of numbers: exact, or nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.numerals import parse, parse_range, power_of_ten, read, spoken

FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
whole = st.integers(0, 10**12 - 1)
figures = st.decimals(0, 999999, places=3).map(lambda value: f"{value:f}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1950", "1950"),
        ("1,950", "1950"),
        ("1，950", "1950"),
        ("１，９５０", "1950"),
        ("１８．３６６万", "183660"),
        ("4千", "4000"),
        ("1.2亿", "120000000"),
        ("3千万", "30000000"),
        ("1.2万亿", "1200000000000"),
        ("3千5百", "3500"),
        ("1亿2000万", "120000000"),
        ("一千九百五十", "1950"),
        ("四千", "4000"),
        ("两百", "200"),
        ("二百", "200"),
        ("三点五", "3.5"),
        ("十八点三六六万", "183660"),
        ("十五", "15"),
        ("一百零三", "103"),
        ("一百〇三", "103"),
        ("一百一十", "110"),
        ("一亿零三万", "100030000"),
        ("壹仟玖佰伍拾", "1950"),
        ("二〇二三", "2023"),
        ("两", "2"),
        ("零", "0"),
        ("卅", "30"),
        ("廿五", "25"),
        ("一百卅", "130"),
        ("0.5", "0.5"),
    ],
)
def test_a_number_is_read_exactly(text, value):
    assert parse(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "亩", "百", "千万", "万", "两十", "十两", "一百十", "一千五十", "一百零十"),
        *("二三十", "三四百", "一两", "三千五", "一百五", "3千5", "3万5", "十几", "几百", "数百"),
        *("1,95", "12,34", "1,9500", ",950", "1.2.3", "1.", ".5", "007", "00", "-5", "+5", "1e3"),
        *("1 950", "٣٥", "½", "②", "5²", "NaN", "Infinity", "0x1F", "1_000", "1\u200b950"),
        *("9" * 13, "一" * 25, "三点", "点五", "三点五点六", "三点十", "万亿万"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_not_read(text):
    assert parse(text) is None


@given(whole)
def test_a_whole_number_comes_back_from_every_way_of_writing_it(value):
    texts = [str(value), f"{value:,}", f"{value:,}".translate(FULL_WIDTH), spoken(value)]
    assert {parse(text) for text in texts} == {Decimal(value)}


@given(figures, st.sampled_from([("", 0), ("百", 2), ("千", 3), ("万", 4), ("千万", 7), ("亿", 8)]))
def test_a_decimal_with_a_place_word_comes_back(figure, scale):
    assert parse(figure + scale[0]) == Decimal(figure).scaleb(scale[1])


@given(st.text(alphabet="零〇一二两三五九十百千万亿点0159.,", max_size=12))
def test_a_chinese_numeral_is_read_only_as_it_would_be_said(text):
    found = parse(text)
    if found is not None and found == int(found) and set(text) <= set("一二三五九十百千万亿零"):
        is_digit_by_digit = not set(text) & set("十百千万亿")
        assert text in {spoken(int(found)), "一" + spoken(int(found))} or is_digit_by_digit


@given(st.text(max_size=30))
def test_no_text_makes_the_reader_raise(text):
    assert parse(text) is None or parse(text) >= 0
    assert parse_range(text) is None or parse_range(text)[0] < parse_range(text)[1]


@pytest.mark.parametrize(
    ("text", "below"),
    [
        *(("130", 140), ("150", 160), ("1950", 2000), ("1000", 1100), ("１０００", 1100)),
        *(("一千九百五十", 2000), ("30", 40), ("三十", 40), ("十", 20), ("5", 6), ("4千", 5000)),
        *(("一千", 2000), ("15万", 160000), ("十五万", 160000), ("18.3万", 184000), ("3.5", "3.6")),
    ],
)
def test_more_reaches_to_the_next_round_number(text, below):
    assert read(text).below == Decimal(below)


@pytest.mark.parametrize(
    ("text", "step"),
    [("18.366万", 10), ("18万", 10000), ("1950", 1), ("4千", 1), ("四千", 1), ("3.50", "0.01")],
)
def test_the_last_place_that_was_written_is_kept(text, step):
    assert read(text).step == Decimal(step)


@pytest.mark.parametrize(
    "text", ["130—140", "130——140", "130-140", "130~140", "130～140", "130至140", "一百三十到140"]
)
def test_a_range_has_two_ends(text):
    assert parse_range(text) == (130, 140)


@pytest.mark.parametrize(
    "text", ["140-130", "130-130", "3—5万", "130", "1-2-3", "二三十", "-5", "a-b"]
)
def test_a_range_that_is_none_is_not_read(text):
    assert parse_range(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("5", 100_000), ("⁵", 100_000), ("0", 1), ("¹²", 10**12)]
)
def test_an_exponent_is_a_power_of_ten(text, value):
    assert power_of_ten(text) == value


@pytest.mark.parametrize("text", ["", "13", "-5", "x", "1.5", "99"])
def test_what_is_no_exponent_or_too_large_is_no_power(text):
    assert power_of_ten(text) is None
