"""What the tests of every operation must know of this book: see `tests/books.py`."""

from datetime import date
from uuid import UUID, uuid4

from service import audit
from service.accounts.models import Account
from service.supply.models import Change, Licence, LicenceKind, Outlet, OutletVersion, Status

A = "/api/v1"
SEED_NUMBER = "粤种备〔2023〕{}号"
OUTLET = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0a001",
    "area_code": "441803102",
    "name": "太和农资店",
    "uscc": "91350100M000100Y43",
    "owner_name": "陈大文",
    "phone": "0763-5812345",
    "address": "建设路 1 号",
    "lon": 113.01,
    "lat": 23.71,
    "datum": "gcj02",
    "categories": ["fertilizer", "pesticide"],
    "opened_on": "2020-03-01",
}
CHANGE = {
    **{key: value for key, value in OUTLET.items() if key not in {"opened_on", "id"}},
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0a002",
    "change": "moved",
    "valid_from": "2023-04-01",
    "reason": "迁到新址",
}
LICENCE = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0a003",
    "outlet_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0a009",
    "kind": "pesticide_licence",
    "number": "农药经许(粤)44180320001",
    "scope": "农药(限制使用农药除外)",
    "valid_from": "2020-03-01",
    "valid_to": "2025-02-28",
    "authority": "清新区农业农村局",
    "supersedes_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0a004",
    "reason": "证号录错",
}


def _body(make):
    return lambda place: {"json": make(place)}


def _nothing(_):
    return {}


def _area(place):
    return {"params": {"area": place.area}}


def _an_outlet(place) -> dict:
    name = f"新网点{uuid4().hex[:6]}"
    return {
        "area_code": place.area,
        "name": name,
        "categories": ["film"],
        "opened_on": "2023-01-01",
    }


def _a_licence(place) -> dict:
    return {
        "outlet_id": place.more["outlet_id"],
        "kind": "seed_filing",
        "number": uuid4().hex[:8],
        "valid_from": "2023-01-01",
    }


def _a_table(place) -> dict:
    row = f"表里的店{uuid4().hex[:6]},{place.area},农膜,2023-01-01"
    text = f"网点名称,所在镇村,经营类别,开业日期\n{row}\n"
    return {"files": {"file": ("outlets.csv", text.encode(), "text/csv")}}


REQUESTS = {
    ("GET", f"{A}/outlets"): _area,
    ("POST", f"{A}/outlets"): _body(_an_outlet),
    ("GET", f"{A}/outlets/counts"): _area,
    ("GET", f"{A}/outlets/findings"): _area,
    ("GET", f"{A}/outlets/imports/template"): _nothing,
    ("POST", f"{A}/outlets/imports"): _a_table,
    ("GET", f"{A}/outlets/{{outlet_id}}"): _nothing,
    ("POST", f"{A}/outlets/{{outlet_id}}/changes"): _body(
        lambda _: {"change": "changed", "valid_from": "2023-04-01", "reason": "换了电话"}
    ),
    ("POST", f"{A}/outlets/{{outlet_id}}/merge"): _body(
        lambda place: {"into_id": place.more["into_id"], "reason": "重复登记"}
    ),
    ("POST", f"{A}/outlets/{{outlet_id}}/operator"): _body(
        lambda place: {"username": f"target-{place.area}"}
    ),
    ("GET", f"{A}/licences"): lambda place: {"params": {"outlet": place.more["outlet_id"]}},
    ("POST", f"{A}/licences"): _body(_a_licence),
    ("POST", f"{A}/licences/{{licence_id}}/withdraw"): _body(lambda _: {"reason": "录错了"}),
}
BODIES = {
    ("POST", f"{A}/outlets"): OUTLET,
    ("POST", f"{A}/outlets/{{outlet_id}}/changes"): CHANGE,
    ("POST", f"{A}/outlets/{{outlet_id}}/merge"): {
        "into_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0a005",
        "reason": "重复登记",
    },
    ("POST", f"{A}/outlets/{{outlet_id}}/operator"): {"username": "shop-441803102"},
    ("POST", f"{A}/licences"): LICENCE,
    ("POST", f"{A}/licences/{{licence_id}}/withdraw"): {"reason": "录错了"},
}
ROLE_OF = {"outlets": "bureau", "licences": "bureau"}
APPEND_ONLY = ("outlets", "outlet_versions", "licences")
NAMES = ("outlet_id", "into_id", "licence_id")


def put_outlet(session, area: str, name: str) -> UUID:
    """Put an active outlet into a town."""
    author = session.query(Account.id).first()[0]
    common = {"recorded_at": audit.instant(session), "recorded_by": author}
    outlet = Outlet(
        area_code=area,
        name=name,
        opened_on=date(2020, 1, 1),
        content_digest=uuid4().hex,
        **common,
    )
    session.add(outlet)
    session.flush()
    session.add(
        OutletVersion(
            outlet_id=outlet.id,
            valid_from=date(2020, 1, 1),
            change=Change.OPENED,
            status=Status.ACTIVE,
            seat_code=area,
            name=name,
            categories="fertilizer|seed",
            content_digest=uuid4().hex,
            **common,
        )
    )
    session.flush()
    return outlet.id


def bind(database, username: str, outlet_id: str) -> None:
    """Let an account speak for an outlet."""
    with database.system_transaction() as session:
        session.query(Account).filter_by(username=username).one().outlet_id = UUID(outlet_id)


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing into an area; return the path parameters that name them."""
    with database.system_transaction() as session:
        first, second = (put_outlet(session, area, f"{word}店{number}") for word in ("甲", "乙"))
        author = session.query(Account.id).first()[0]
        licence = Licence(
            outlet_id=first,
            area_code=area,
            kind=LicenceKind.SEED_FILING,
            number=SEED_NUMBER.format(number),
            valid_from=date(2023, 1, 1),
            is_withdrawal=False,
            recorded_at=audit.instant(session),
            recorded_by=author,
            content_digest=uuid4().hex,
        )
        session.add(licence)
        session.flush()
        return {
            "outlet_id": str(first),
            "into_id": str(second),
            "licence_id": str(licence.id),
        }
