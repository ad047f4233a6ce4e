"""The small line beside a figure."""

from decimal import Decimal

from service.pages import sparkline


def test_a_line_breaks_where_nothing_was_known_and_keeps_zero_in_view():
    line = sparkline.draw([Decimal(10), None, Decimal(5), Decimal(10)])
    assert line.path == "M3.0 3.0 M65.7 12.0 L97.0 3.0"
    assert line.points == ["3.0 3.0", "", "65.7 12.0", "97.0 3.0"]
    assert sparkline.draw([Decimal(10), None]) is None
    assert sparkline.draw([Decimal(0), Decimal(0)]).path == "M3.0 21.0 L97.0 21.0"
