"""What the tests of every operation must know of the products: see `tests/books.py`."""

from uuid import uuid4

A = "/api/v1"
PRODUCT = {
    "code": "UREA-25",
    "name": "尿素(46%) 25kg",
    "commodity": "urea",
    "category": "fertilizer",
    "pack_kg": 25,
    "registration_no": "PD20121234",
    "n_share": 0.464,
    "p2o5_share": 0,
    "k2o_share": 0,
    "ingredients": ["氯虫苯甲酰胺"],
}
REQUESTS = {
    ("GET", f"{A}/products"): lambda _: {},
    ("POST", f"{A}/products"): lambda _: {"json": PRODUCT | {"code": f"P-{uuid4().hex[:8]}"}},
}
BODIES = {("POST", f"{A}/products"): PRODUCT}
ROLE_OF = {"products": "bureau"}
APPEND_ONLY = ()
NAMES = ()


def put(database, area: str, number: int) -> dict[str, str]:
    """Nothing is named in a path."""
    return {}
