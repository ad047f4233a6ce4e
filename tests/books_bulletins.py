"""What the tests of every operation must know of bulletins: see `tests/books.py`."""

from datetime import date
from itertools import count
from uuid import uuid4

from service import audit
from service.accounts.models import Account
from service.bulletins.models import Bulletin, BulletinIssue, BulletinStep, Kind, Step
from service.bulletins.schemas import Frozen

A = "/api/v1"
B = f"{A}/bulletins/{{bulletin_id}}"
TEMPLATE = "截至{{as_of|月日}}，现有农资经营网点{{outlets.active|.0}}。"
DRAFT = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d001",
    "area_code": "441803102",
    "kind": "bulletin",
    "masthead": "春耕工作简报",
    "title": "春耕生产进展顺利",
    "number": 3,
    "total_number": 20,
    "as_of": "2023-04-20",
    "office": "区农业农村局",
    "reported_to": "市农业农村局",
    "sent_to": "区委、区政府",
    "issued_to": "各镇",
    "template": TEMPLATE,
}
ID = {"id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d002"}
BODIES = {
    ("POST", f"{A}/bulletins"): DRAFT,
    ("POST", f"{B}/revise"): ID | {"template": TEMPLATE},
    ("POST", f"{B}/review"): ID | {"note": "已核对"},
    ("POST", f"{B}/issue"): ID | {"leader": "leader", "reason": "先行通报"},
    ("POST", f"{B}/correct"): ID
    | {"reason": "补报后有变", "as_of": "2023-04-20", "title": "更正", "template": TEMPLATE},
}
numbers = count(1)


def _draft(place):
    kept = {key: value for key, value in DRAFT.items() if key != "id"}
    return {"json": kept | {"area_code": place.area, "number": next(numbers) % 9000 + 1}}


def _body(operation: str):
    body = {key: value for key, value in BODIES["POST", operation].items() if key != "id"}
    return lambda _: {"json": body}


def _nothing(_):
    return {}


REQUESTS = {
    ("GET", f"{A}/bulletins"): _nothing,
    ("POST", f"{A}/bulletins"): _draft,
    ("GET", B): _nothing,
    ("GET", f"{B}.docx"): _nothing,
    ("GET", f"{B}.pdf"): _nothing,
    ("GET", f"{B}.md"): _nothing,
    ("GET", f"{B}.json"): _nothing,
    ("GET", f"{A}/bulletins/proposals"): _nothing,
    ("GET", f"{A}/bulletins/decisions"): _nothing,
    ("POST", f"{B}/lint"): _nothing,
    ("GET", f"{B}/text"): _nothing,
    ("GET", f"{B}/proposals"): _nothing,
    **{
        ("POST", f"{B}/{step}"): _body(f"{B}/{step}")
        for step in ("revise", "review", "issue", "correct")
    },
}
ROLE_OF = {"bulletins": "bureau"}
APPEND_ONLY = ("bulletins", "bulletin_steps", "bulletin_issues")
NAMES = ("bulletin_id",)


def put(database, area: str, number: int) -> dict[str, str]:
    """Put an issued bulletin into an area."""
    with database.system_transaction() as session:
        at = audit.instant(session)
        who = session.query(Account.id).first()[0]

        def add(model, **values):
            common = {"area_code": area, "recorded_at": at, "recorded_by": who}
            made = model(**common, content_digest=uuid4().hex, **values)
            session.add(made)
            session.flush()
            return made

        head = {key: value for key, value in DRAFT.items() if key not in {"id", "template"}}
        head |= {"area_code": area, "kind": Kind.BULLETIN, "number": 9000 + number, "year": 2023}
        head |= {"as_of": date(2023, 4, 20)}
        head.pop("area_code")
        made = add(Bulletin, **head)
        for n, step in enumerate((Step.DRAFT, Step.REVIEW, Step.ISSUE), start=1):
            text = TEMPLATE if step is Step.DRAFT else None
            add(BulletinStep, bulletin_id=made.id, n=n, step=step, template=text)
        frozen = Frozen(paragraphs=[], facts=[], bars=[]).model_dump_json()
        issue = {"known_at": at, "text": "好。", "frozen": frozen, "digest": "0" * 64}
        add(BulletinIssue, bulletin_id=made.id, **issue)
        return {"bulletin_id": str(made.id)}
