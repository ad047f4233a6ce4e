"""What the tests of every operation must know of facts: see `tests/books.py`."""

A = "/api/v1"
DAY = {"as_of": "2023-04-20"}
REQUESTS = {
    ("GET", f"{A}/facts"): lambda place: {"params": DAY | {"area": place.area}},
    ("GET", f"{A}/facts/{{code}}"): lambda place: {"params": DAY | {"area": place.area}},
    ("GET", f"{A}/facts/{{code}}/rows"): lambda place: {"params": DAY | {"area": place.area}},
}
BODIES = {}
ROLE_OF = {}
APPEND_ONLY = ()
NAMES = ("code",)


def put(database, area: str, number: int) -> dict[str, str]:
    """A fact has its code, in every area the same."""
    return {"code": "outlets.active"}
