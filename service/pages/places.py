"""Places as people say them."""

from collections.abc import Iterable

from service.areas import queries as areas
from service.pages.page import PageFrame

TOWN = areas.CODE_LENGTH["town"]


def places(page: PageFrame, codes: Iterable[str]) -> dict[str, str]:
    """Return code -> town and village, as people say it."""
    asked = set(codes)
    found = areas.names_of(page.session, asked | {code[:TOWN] for code in asked})
    told = {code: dict.fromkeys((code[:TOWN], code)) for code in asked}
    return {
        code: " ".join(found[each] for each in parts if each in found) or code
        for code, parts in told.items()
    }
