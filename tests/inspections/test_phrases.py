"""Laws of the finder of numeric phrases."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.phrases import MAX_CHARACTERS, Form, find_phrases

PIECES = st.sampled_from(
    [
        *(
            "检查",
            "网点",
            "46",
            "130",
            "１９５０",
            "一千九百五十",
            "二三十",
            "18.366",
            "万",
            "千",
            "百",
        ),
        *(
            ",",
            "，",
            "。",
            ".",
            "点",
            "—",
            "至",
            "-",
            " ",
            "\n",
            "多",
            "余",
            "以上",
            "左右",
            "约",
            "近",
        ),
        *(
            "超",
            "不足",
            "亩",
            "家次",
            "家",
            "人次",
            "人",
            "台(套)",
            "吨",
            "公斤",
            "%",
            "百分之",
            "个",
        ),
        *("/", "=", "分之", "半数", "成", "×10^5", "卅", "③", "kg", "供应充足", "倍"),
        *("个百分点", "持平", "暂未发现", "违法行为", "需求得到满足", "第", "年", "月"),
    ]
)


def only(text):
    (phrase,) = find_phrases(text)
    return phrase


@pytest.mark.parametrize(
    ("text", "form", "low", "high", "unit"),
    [
        ("检查46家次。", Form.EXACT, 46, 46, "家次"),
        ("检查46家。", Form.EXACT, 46, 46, "家"),
        ("18.366万亩", Form.EXACT, 183660, 183660, "亩"),
        ("18.366 万亩", Form.EXACT, 183660, 183660, "亩"),
        ("2公顷", Form.EXACT, 30, 30, "亩"),
        ("400公斤", Form.EXACT, "0.4", "0.4", "吨"),
        ("400千克", Form.EXACT, "0.4", "0.4", "吨"),
        ("1.5万吨", Form.EXACT, 15000, 15000, "吨"),
        ("1950台(套)", Form.EXACT, 1950, 1950, "台"),
        ("1950台（套）", Form.EXACT, 1950, 1950, "台"),
        ("4千吨以上", Form.AT_LEAST, 4000, None, "吨"),
        ("四千吨以上", Form.AT_LEAST, 4000, None, "吨"),
        ("不少于800吨", Form.AT_LEAST, 800, None, "吨"),
        ("不足50家", Form.AT_MOST, None, 50, "家"),
        ("50家以下", Form.AT_MOST, None, 50, "家"),
        ("130多人次", Form.MORE, 130, 140, "人次"),
        ("1000余亩", Form.MORE, 1000, 1100, "亩"),
        ("一千九百五十多台", Form.MORE, 1950, 2000, "台"),
        ("１９５０多台", Form.MORE, 1950, 2000, "台"),
        ("1,950多台", Form.MORE, 1950, 2000, "台"),
        ("30多万亩", Form.MORE, 300000, 400000, "亩"),
        ("3万多亩", Form.MORE, 30000, 40000, "亩"),
        ("超1000条", Form.MORE, 1000, None, "条"),
        ("约200人", Form.ABOUT, 200, 200, "人"),
        ("近200人", Form.ABOUT, 200, 200, "人"),
        ("200人左右", Form.ABOUT, 200, 200, "人"),
        ("130—140人次", Form.RANGE, 130, 140, "人次"),
        ("130-140 人次", Form.RANGE, 130, 140, "人次"),
        ("130人次至140人次", Form.RANGE, 130, 140, "人次"),
        ("百分之三至百分之五", Form.RANGE, "0.03", "0.05", "%"),
        ("84.5%", Form.EXACT, "0.845", "0.845", "%"),
        ("84.5％", Form.EXACT, "0.845", "0.845", "%"),
        ("百分之八十四点五", Form.EXACT, "0.845", "0.845", "%"),
        ("百分之八十以上", Form.AT_LEAST, "0.8", None, "%"),
        ("3.7个百分点", Form.EXACT, "3.7", "3.7", "个百分点"),
        ("4.36公斤/亩", Form.EXACT, "4.36", "4.36", "公斤/亩"),
        ("相对持平", Form.LEVEL, None, None, ""),
        ("基本持平", Form.LEVEL, None, None, ""),
        ("持平", Form.LEVEL, None, None, ""),
        ("暂未发现违法行为", Form.NONE_FOUND, None, None, ""),
        ("未发现套牌侵权问题", Form.NONE_FOUND, None, None, ""),
        ("群众需求得到满足", Form.MET, None, None, ""),
        ("卅个网点", Form.EXACT, 30, 30, "个"),
        ("廿五家", Form.EXACT, 25, 25, "家"),
        ("八成以上农户", Form.AT_LEAST, "0.8", None, "%"),
        ("完成八成", Form.EXACT, "0.8", "0.8", "%"),
        ("八成多", Form.MORE, "0.8", "0.9", "%"),
        ("一成", Form.EXACT, "0.1", "0.1", "%"),
        ("半数的村", Form.ABOUT, "0.5", "0.5", "%"),
        ("半数以上的村", Form.AT_LEAST, "0.5", None, "%"),
        ("播种过半", Form.MORE, "0.5", None, "%"),
        ("不到一半", Form.AT_MOST, None, "0.5", "%"),
        ("四分之三的村", Form.ABOUT, "0.75", "0.75", "%"),
        ("五分之四以上", Form.AT_LEAST, "0.8", None, "%"),
        ("千分之五以下", Form.AT_MOST, None, "0.005", "%"),
        ("上涨一倍", Form.EXACT, 1, 1, "倍"),
        ("800000kg", Form.EXACT, 800, 800, "吨"),
        ("800t", Form.EXACT, 800, 800, "吨"),
        ("4.36kg/亩", Form.EXACT, "4.36", "4.36", "公斤/亩"),
        ("350m³/亩", Form.EXACT, 350, 350, "m3/亩"),
        ("2.9人次/家次", Form.EXACT, "2.9", "2.9", "人次/家次"),
        ("1.8366×10^5亩", Form.EXACT, 183660, 183660, "亩"),
        ("1.8366×10⁵亩", Form.EXACT, 183660, 183660, "亩"),
        ("1.8366e5亩", Form.EXACT, 183660, 183660, "亩"),
        ("抽样12个批次", Form.EXACT, 12, 12, "批次"),
        ("供应顺畅", Form.MET, None, None, ""),
        ("供应总体充足", Form.MET, None, None, ""),
        ("最近46家", Form.EXACT, 46, 46, "家"),
        ("节约46吨", Form.EXACT, 46, 46, "吨"),
    ],
)
def test_a_phrase_has_its_form_and_its_unit(text, form, low, high, unit):
    found = only(text)
    expected = [None if value is None else Decimal(value) for value in (low, high)]
    assert (found.form, found.low, found.high, found.unit) == (form, *expected, unit)
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "二三十人",
            "十几个",
            "数百亩",
            "近百台",
            "上千亩",
            "一两个",
            "三千五台",
            "1.2.3亩",
            "1，950台",
        ),
        *(
            "1-2-3台",
            "3—5万亩",
            "140—130人",
            "-5亩",
            "1 950台",
            "1\u200b950台",
            "近130多人",
            "约5-6吨",
        ),
        *("⅛亩", "①②家", "Ⅻ家", "٠١٢٣亩", "㈩个", "46家次家", "233个家次", "46家家次", "八成五"),
        *("1.8366×105亩", "3×5亩", "1.2×10^99亩", "几分之一", "大半的村", "三分之一至三分之二"),
        *("4.36公斤/株", "4.36公斤每亩", "需求未得到满足", "供应不充足"),
        *("٣٥台", "1,95台", "130人次至140家", "0130台", "9999999999999吨", "二十至三十多台至5台"),
    ],
)
def test_what_can_be_read_in_two_ways_is_found_and_says_why(text):
    found = find_phrases(text)
    assert found
    assert all(each.form is Form.UNCLEAR and each.why and each.low is None for each in found)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "截至4月20日",
            "2023年3月16日",
            "第3期",
            "总第 20 期",
            "种子法第四十八条",
            "“5+1”工程5+1个",
        ),
        *(
            "“2420”战略",
            "3个月",
            "12台账",
            "万亩良田",
            "千家万户",
            "百县千镇万村",
            "一个基层联系点",
        ),
        *(
            "2023元旦",
            "下午3:30人到",
            "A4张",
            "GB4404条",
            "五大百亿",
            "六道程序",
            "15个工作日",
        ),
    ],
)
def test_a_date_an_ordinal_or_a_name_is_no_figure(text):
    assert find_phrases(text) == []


def test_a_figure_ends_where_the_next_begins():
    found = find_phrases("调查地块14个1000多亩,圈定30户116人")
    assert [each.text for each in found] == ["14个", "1000多亩", "30户", "116人"]


@pytest.mark.parametrize(
    ("text", "low", "unit"),
    [("三分之二以上", Decimal(2) / 3, "%"), ("超三分之二", Decimal(2) / 3, "%")],
)
def test_a_part_without_an_end_lies_beside_its_limit(text, low, unit):
    found = only(text)
    assert found.unit == unit
    assert abs(found.low - low) < Decimal("1e-27")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("46/233", [(46, ""), (233, "")]),
        ("46/233=19.7%", [(46, ""), (233, ""), ("0.197", "%")]),
        ("130多人次/46家次=2.8", [(130, "人次"), (46, "家次"), ("2.8", "")]),
        ("800吨÷18.366万亩=4.36公斤/亩", [(800, "吨"), (183660, "亩"), ("4.36", "公斤/亩")]),
    ],
)
def test_a_quotient_is_one_phrase_of_its_parts(text, parts):
    found = only(f"检查{text},好。")
    assert (found.form, found.text) == (Form.QUOTIENT, text)
    assert [(each.low, each.unit) for each in found.parts] == [
        (Decimal(value), unit) for value, unit in parts
    ]


@pytest.mark.parametrize("text", ["4/20", "2022/23", "2023/4/20", "1/2", "A46/233", "46/233/5"])
def test_a_day_or_a_fraction_is_no_quotient(text):
    assert all(each.form is not Form.QUOTIENT for each in find_phrases(text))


def test_a_number_inside_a_statement_is_part_of_it():
    assert only("未发现二十个违法行为").form is Form.NONE_FOUND


def test_naughty_strings_never_make_it_raise(shared_data):
    strings = json.loads((shared_data / "text" / "naughty_strings.json").read_text("utf-8"))
    for text in (*strings, "检查" + "46家次".join(strings)):
        for found in find_phrases(text):
            assert text[found.start : found.end] == found.text


@given(st.lists(PIECES, max_size=25).map("".join))
def test_phrases_are_in_order_apart_and_as_written(text):
    found = find_phrases(text)
    assert all(text[each.start : each.end] == each.text for each in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert all((each.form is Form.UNCLEAR) == bool(each.why) for each in found)
    assert all(each.low is None or each.high is None or each.low <= each.high for each in found)


@pytest.mark.parametrize(
    "unit",
    [
        *("1", "一", "1,", "1-", "46家次", "未发现", "1至", " 1", "百分之", "约"),
        *("1/", "分之", "一分之", "需求", "供应不", "1×", "成", "1.1/1"),
    ],
)
def test_ten_megabytes_are_read_up_to_the_limit(unit):
    text = unit * (10_000_000 // len(unit))
    found = find_phrases(text)
    assert all(each.end <= MAX_CHARACTERS for each in found)
    assert len(found) <= MAX_CHARACTERS // 3
