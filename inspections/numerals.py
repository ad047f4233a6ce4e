"""Numbers as bulletins write them, read exactly or not at all.

Arabic digits (also full-width), thousands separators, 万, 亿, 千 and 百 behind digits, and whole
Chinese numerals. What can be read in two ways (二三十, 三千五, 1,95) is not read: None, no guess.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

MAX_LENGTH = 24
"""Characters of one number: room for 九千九百九十九亿九千九百九十九万九千九百九十九."""
MAX_DIGITS = 12
"""Digits of one number; a longer run is a code, and would not multiply exactly."""
DIGITS = "零一二三四五六七八九"
VALUE_OF = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
SECTION = 10_000
DIGITS_OF_A_ROUND_NUMBER = 2
PLAIN = str.maketrans(
    "０１２３４５６７８９．，〇两壹贰叁肆伍陆柒捌玖拾佰仟萬億",
    "0123456789.,零二一二三四五六七八九十百千万亿",
) | str.maketrans({"廿": "二十", "卅": "三十", "卌": "四十"})
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
MAX_EXPONENT = 12
"""Of a power of ten; no figure of a county is larger."""
ARABIC = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<places>[0-9]+))?")
MIXED_FIGURE = re.compile(r"(?P<coefficient>[0-9,.]+)(?P<small>[十百千])?(?P<large>万亿|万|亿)?")
CHINESE_FIGURE = re.compile(
    r"(?P<whole>[零一二三四五六七八九十百千]+)(?:点(?P<places>[零一二三四五六七八九]+))"
    r"(?P<small>[百千])?(?P<large>万亿|万|亿)?"
)
ONE_PLACE = re.compile(
    r"[一二三四五六七八九]?(?P<small>[十百千])"
    r"|[零一二三四五六七八九十百千]+(?P<large>万亿|万|亿)"
)
LARGE = "万亿"
SEPARATORS_OF_A_RANGE = "-—–~～至到"
RANGE = re.compile(rf"(.{{1,{MAX_LENGTH}}}?)[ ]?[{SEPARATORS_OF_A_RANGE}]{{1,2}}[ ]?(.+)")


@dataclass(frozen=True)
class Number:
    """A number and how finely it was written.

    Attributes
    ----------
    value : Decimal
        Exact.
    step : Decimal
        One unit of the last place that was written: 10 for 18.366万, 10000 for 15万, 1 for 1950.
        千, 百 and 十 belong to the numeral (四千 is 4000, as 1950 is 1950); 万 and 亿 are units of
        reporting and round.
    more_step : Decimal
        How far 多 may reach, to the next multiple of this. A numeral that ends in the one place
        word that it has reaches to the next of that (4千多 below 5000, 三十多 below 40,
        15万多 below 160000). Written out in n digits it reaches to the next multiple of
        10^(n-2), and of 10 for two digits: 130多 below 140, 1950多 below 2000,
        1000多 below 1100.
    """

    value: Decimal
    step: Decimal = Decimal(1)
    more_step: Decimal = Decimal(1)

    @property
    def below(self) -> Decimal:
        """The round number that this with 多 stays below."""
        return (self.value // self.more_step + 1) * self.more_step

    def times(self, factor: Decimal) -> "Number":
        """Return the same in a unit that is `factor` times smaller."""
        return Number(self.value * factor, self.step * factor, self.more_step * factor)


def scale_of(words: str | None) -> Decimal:
    """Return what place words multiply by: 1 for none, 10 million for 千万.

    Parameters
    ----------
    words : str or None
        Of 十, 百, 千, 万 and 亿.

    Returns
    -------
    Decimal
        A power of ten.
    """
    product = Decimal(1)
    for word in words or "":
        product *= VALUE_OF[word]
    return product


def _round_step(value: Decimal) -> Decimal:
    digits = len(str(int(value)))
    if digits < DIGITS_OF_A_ROUND_NUMBER:
        return Decimal(1)
    return Decimal(10) ** max(digits - DIGITS_OF_A_ROUND_NUMBER, 1)


def _scaled(mantissa: Decimal, places: int, small: str | None, large: str | None) -> Number:
    """Return a number of one coefficient and its place words: 3千万 is 3000万."""
    scale = scale_of(small) * scale_of(large)
    last = scale.scaleb(-places) if places else scale_of(large or small)
    step = last if places or large else Decimal(1)
    more = last if places or scale > 1 else _round_step(mantissa)
    return Number(mantissa * scale, step, more)


def _arabic(text: str) -> tuple[Decimal, int] | None:
    """Return a number in digits and its decimal places; a leading 0 makes it a code."""
    found = ARABIC.fullmatch(text)
    plain = text.replace(",", "")
    if found is None or len(plain) > MAX_DIGITS or re.match("0[0-9,]", text):
        return None
    return Decimal(plain), len(found["places"] or "")


def _mixed(text: str) -> Number | None:
    found = MIXED_FIGURE.fullmatch(text)
    read = _arabic(found["coefficient"]) if found else None
    if found is None or read is None:
        return None
    return _scaled(*read, found["small"], found["large"])


def spoken(value: int) -> str:
    """Return a whole number as it is said.

    Parameters
    ----------
    value : int
        0 to 9999 亿.

    Returns
    -------
    str
        In Chinese numerals, the one form that the rules of 零 leave: 一百零三, 十五, 一万零五百.
    """
    for word in "亿万千百":
        if value >= VALUE_OF[word]:
            return _with_rest(spoken(value // VALUE_OF[word]) + word, value, VALUE_OF[word])
    tens, ones = divmod(value, 10)
    if not tens:
        return DIGITS[ones]
    return f"{DIGITS[tens] if tens > 1 else ''}十{DIGITS[ones] if ones else ''}"


def _with_rest(head: str, value: int, unit: int) -> str:
    rest = value % unit
    if not rest:
        return head
    said = spoken(rest)
    if said.startswith("十"):  # 一百一十, but 十五
        said = "一" + said
    return head + ("零" if rest * 10 < unit else "") + said


def _loosely(text: str) -> int:
    """Add up a numeral by its places, whatever their order."""
    total = section = digit = 0
    for word in text:
        place = VALUE_OF.get(word, 0)
        if not place:
            digit = DIGITS.index(word)
        elif place < SECTION:
            section, digit = section + (digit or 1) * place, 0
        elif place == SECTION:
            total, section, digit = total + (section + digit) * place, 0, 0
        else:
            total, section, digit = (total + section + digit) * place, 0, 0
    return total + section + digit


def _whole_chinese(text: str) -> int | None:
    """Return the value of a numeral that is written as it is said, and of no other."""
    if re.fullmatch(rf"[{DIGITS}]{{4,}}", text) and text[0] != DIGITS[0]:
        return int("".join(str(DIGITS.index(word)) for word in text))
    if not re.fullmatch(rf"[{DIGITS}{''.join(VALUE_OF)}]+", text):
        return None
    value = _loosely(text)
    if value >= SECTION * VALUE_OF["亿"]:
        return None
    said = spoken(value)
    return value if text in {said, "一" + said if said.startswith("十") else said} else None


def _chinese(text: str) -> Number | None:
    found = CHINESE_FIGURE.fullmatch(text)
    if found is None:
        return _plain_chinese(text)
    whole = _whole_chinese(found["whole"])
    if whole is None:
        return None
    places = "".join(str(DIGITS.index(word)) for word in found["places"])
    return _scaled(Decimal(f"{whole}.{places}"), len(places), found["small"], found["large"])


def _plain_chinese(text: str) -> Number | None:
    value = _whole_chinese(text)
    if value is None:
        return None
    exact = Decimal(value)
    found = ONE_PLACE.fullmatch(text)
    if found is None:
        return Number(exact, Decimal(max(1, _large(text[-1]))), _round_step(exact))
    last = scale_of(found["small"] or found["large"])
    return Number(exact, last if last >= SECTION else Decimal(1), last)


def _large(word: str) -> int:
    return VALUE_OF[word] if word in LARGE else 0


def _sections(text: str) -> Number | None:
    """Return digits with several place words (3千5百, 1亿2000万) as the numeral that they spell."""
    spelt = re.sub("[0-9]+", lambda digits: _section_digits(digits[0]), text)
    return _plain_chinese(spelt)


def _section_digits(digits: str) -> str:
    """Return digits before or behind a place word as numerals; 5 behind 3千 stays unreadable."""
    if digits[0] == "0" or len(digits) > len("9999"):
        return "?"
    return spoken(int(digits))


def read(text: str) -> Number | None:
    """Read one number with how finely it was written.

    Parameters
    ----------
    text : str
        The number alone, without its unit.

    Returns
    -------
    Number or None
        None where it is no number, or can be read in two ways.
    """
    if not 0 < len(text) <= MAX_LENGTH or re.search("两(?!$|[百千万亿])|.+两$", text):
        return None
    plain = text.translate(PLAIN)
    if "〇" in text and re.fullmatch(f"[{DIGITS[1:]}][{DIGITS}]+", plain):
        return Number(Decimal("".join(str(DIGITS.index(word)) for word in plain)))
    for reader in (_mixed, _chinese, _sections):
        found = reader(plain)
        if found is not None:
            return found
    return None


def power_of_ten(exponent: str) -> Decimal | None:
    """Return the power of ten of an exponent.

    Parameters
    ----------
    exponent : str
        Its digits, plain or superscript, such as 5 or ⁵.

    Returns
    -------
    Decimal or None
        100000 for 5; None where it is no exponent, or beyond `MAX_EXPONENT`.
    """
    digits = exponent.translate(SUPERSCRIPTS)
    if not re.fullmatch("[0-9]{1,2}", digits) or int(digits) > MAX_EXPONENT:
        return None
    return Decimal(1).scaleb(int(digits))


def parse(text: str) -> Decimal | None:
    """Read one number exactly.

    Parameters
    ----------
    text : str
        Such as 1,950, １９５０, 18.366万, 一千九百五十 or 三点五.

    Returns
    -------
    Decimal or None
        None where it is no number, or can be read in two ways.
    """
    found = read(text.strip())
    return found.value if found else None


def parse_range(text: str) -> tuple[Decimal, Decimal] | None:
    """Read a range.

    Parameters
    ----------
    text : str
        Two numbers with a dash, ~, 至 or 到 between, such as 130—140.

    Returns
    -------
    tuple of Decimal, or None
        The lower and the higher; None where either cannot be read, where they do not ascend, or
        where only the second has a place word: 3—5万 may start at 3 or at 3万.
    """
    found = RANGE.fullmatch(text.strip())
    ends = range_of(found[1], found[2]) if found else None
    return (ends[0].value, ends[1].value) if ends else None


def range_of(first: str, second: str) -> tuple[Number, Number] | None:
    """Return both ends of a range, as `parse_range` does.

    Parameters
    ----------
    first, second : str
        The numbers on both sides of the dash.

    Returns
    -------
    tuple of Number, or None
        The lower and the higher.
    """
    low, high = read(first), read(second)
    if low is None or high is None or low.value >= high.value:
        return None
    shared = re.search("[百千万亿]$", second) and not re.search("[百千万亿]$", first)
    return None if shared else (low, high)
