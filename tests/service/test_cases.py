"""Cases through their API: from a lead to its end, with every gate on the way."""

import pytest
import shapely

from service.cases.actions import open_lead
from tests.books_cases import a_lead, a_parcel
from tests.hostile_photos import a_jpeg
from tests.service.test_photos import kept

TAIHE, SHANTANG = "441803102", "441803105"
VILLAGE = f"{TAIHE}201"
WEST, SOUTH, SIDE = 112.95, 23.70, 0.002
SQUARE = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
MIDDLE = {"lon": WEST + SIDE / 2, "lat": SOUTH + SIDE / 2, "accuracy_m": 6.0}
ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
numbers = iter(range(1, 10**6))


class Desk:
    """One case, and the people who work on it."""

    def __init__(self, as_role, database, clock) -> None:
        self.as_role, self.database, self.clock = as_role, database, clock
        self.bureau, self.other = as_role("bureau"), as_role("bureau", username="bureau-2")
        self.officer = as_role("officer")
        self.second = as_role("officer", username="officer-2")
        self.recorder = as_role("recorder", TAIHE)
        self.seed = iter(range(1, 10**6))

    def lead(self, area: str = VILLAGE, square=SQUARE, **other) -> str:
        """Put a parcel into the book and open a lead on it."""
        with self.database.system_transaction() as session:
            parcel = a_parcel(session, area, next(numbers), square)
            case, is_new = open_lead(session, a_lead(area, parcel.uid, **other))
            assert is_new
            self.uid = parcel.uid
            return str(case.id)

    def card(self, case: str, speaker=None) -> dict:
        answer = (speaker or self.bureau).get(f"cases/{case}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def step(self, speaker, case: str, event: str, **told):
        self.clock.forward(minutes=1)
        return speaker.post(f"cases/{case}/transitions", {"event": event} | told)

    def done(self, speaker, case: str, event: str, **told) -> dict:
        answer = self.step(speaker, case, event, **told)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def bring(self, speaker, case: str, kind: str, purpose: str, **told) -> dict:
        self.clock.forward(minutes=1)
        body = {"kind": kind, "purpose": purpose} | told
        answer = speaker.post(f"cases/{case}/evidence", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def photo(self, speaker, case: str, purpose: str, *, place=MIDDLE, **told) -> dict:
        """Take a photo here and now, and bring it."""
        self.clock.forward(minutes=1)
        taken = {"device_time": self.clock().isoformat(), "bearing_deg": 90} | place
        filed = kept(speaker, a_jpeg(seed=next(self.seed)), **taken)
        return self.bring(speaker, case, "photo", purpose, photo_id=filed["id"], **told)

    def officer_name(self) -> str:
        return self.officer.get("me").json()["username"]

    def check(self, case: str) -> None:
        self.done(self.bureau, case, "accept")
        self.done(self.bureau, case, "assign", assignee=self.officer_name())
        self.done(self.officer, case, "arrive")
        for _ in range(2):
            assert self.photo(self.officer, case, "check")["verdict"] == "合格"
        self.bring(self.officer, case, "position", "check", **MIDDLE)
        self.done(self.officer, case, "report", reason="已挖成鱼塘")

    def confirm(self, case: str) -> None:
        self.check(case)
        self.done(self.bureau, case, "confirm")

    def rectify(self, case: str) -> None:
        self.confirm(case)
        self.done(self.officer, case, "stop", document_no="停〔2023〕1号")
        self.done(self.bureau, case, "order", reason="限期恢复耕种条件")
        assert self.photo(self.recorder, case, "rectification")["verdict"] == "合格"
        self.done(self.recorder, case, "submit")

    def close(self, case: str) -> dict:
        self.rectify(case)
        self.photo(self.second, case, "acceptance")
        self.bring(self.second, case, "position", "acceptance", **MIDDLE)
        self.done(self.second, case, "verify")
        return self.done(self.bureau, case, "close")


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def test_a_case_goes_from_lead_to_its_end_and_tells_it(desk):
    case = desk.lead()
    card = desk.close(case)
    assert (card["state"], card["state_text"], card["is_open"]) == ("closed", "销号", False)
    told = [(each["from_state"], each["event"], each["to_state"]) for each in card["events"]]
    assert told == [
        ("lead", "accept", "accepted"),
        ("accepted", "assign", "assigned"),
        ("assigned", "arrive", "checking"),
        ("checking", "report", "checking"),
        ("checking", "confirm", "confirmed"),
        ("confirmed", "stop", "stopped"),
        ("stopped", "order", "rectifying"),
        ("rectifying", "submit", "awaiting"),
        ("awaiting", "verify", "awaiting"),
        ("awaiting", "close", "closed"),
    ]
    assert all(each["actor_id"] for each in card["events"])
    assert card["due_on"] is None
    assert card["relook_on"] == "2023-07-19"
    assert card["clocks"]["settled_at"] > card["clocks"]["stopped_at"]
