"""What the tests of every operation must know of facts: see `tests/books.py`."""

A = "/api/v1"
DAY = {"as_of": "2023-04-20"}
LINT = {
    "text": "全区目前共有农资经营网点233个。",
    "as_of": "2023-04-20",
    "known_at": "2023-04-21T09:00:00+08:00",
    "area": "441803",
}
REQUESTS = {
    ("GET", f"{A}/facts"): lambda place: {"params": DAY | {"area": place.area}},
    ("GET", f"{A}/facts/series"): lambda place: {
        "params": DAY | {"since": "2023-04-13", "area": place.area}
    },
    ("GET", f"{A}/facts/{{code}}"): lambda place: {"params": DAY | {"area": place.area}},
    ("GET", f"{A}/facts/{{code}}/rows"): lambda place: {"params": DAY | {"area": place.area}},
    ("POST", f"{A}/lint"): lambda place: {"json": LINT | {"area": place.area}},
}
BODIES = {("POST", f"{A}/lint"): LINT}
ROLE_OF = {}
APPEND_ONLY = ()
NAMES = ()


def put(database, area: str, number: int) -> dict[str, str]:
    """A fact has its code, in every area the same; see `books.SAME_EVERYWHERE`."""
    return {}
