"""Cases through their API: from a lead to its end, with every gate on the way."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa

from inspections.cases import EDGES
from inspections.land_uses import Claim
from service.cases.actions import open_lead
from tests.books_cases import a_lead, a_parcel
from tests.case_desk import MIDDLE, SHANTANG, SQUARE, TAIHE, VILLAGE, Desk, numbers, put_farmland

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOWHERE = "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d999"


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


def test_a_machine_opens_a_lead_and_a_repeat_changes_nothing(desk, database):
    case = desk.lead()
    card = desk.card(case)
    assert (card["state"], card["events"], card["reopened"]) == ("lead", [], 0)
    assert card["due_on"] == "2023-04-21"
    lead = a_lead(VILLAGE, desk.uid, signal_ids=(uuid4(),))

    def changes() -> int:
        with database.system_reading() as session:
            return session.scalar(sa.text("SELECT n FROM audit_head"))

    with database.system_transaction() as session:
        same, is_new = open_lead(session, lead)
    assert (str(same.id), is_new) == (case, False)
    before = changes()
    with database.system_transaction() as session:
        assert not open_lead(session, lead)[1]
    assert changes() == before, "the same data once more"
    with database.system_transaction() as session:
        aged, is_new = open_lead(session, a_lead(VILLAGE, desk.uid, rule_id="R102"))
    assert (str(aged.id), is_new) == (case, False), "the same claim under another rule"
    with database.system_transaction() as session:
        built = a_lead(VILLAGE, desk.uid, rule_id="R040", claim=Claim.BUILDING)
        other, is_new = open_lead(session, built)
    assert is_new
    assert str(other.id) != case


@ONE_ENGINE
def test_steps_out_of_order_of_another_duty_or_without_proof_are_refused_and_change_nothing(desk):
    case = desk.lead()
    before = desk.card(case)
    out_of_order = desk.step(desk.bureau, case, "confirm")
    assert (out_of_order.status_code, "线索" in out_of_order.json()["detail"]) == (409, True)
    assert desk.step(desk.officer, case, "accept").status_code == 403
    silent = desk.step(desk.bureau, case, "dismiss")
    assert silent.status_code == 409
    assert silent.json()["missing"] == [{"gate": "reason", "text": "须写明原因或意见"}]
    assert desk.step(desk.recorder, case, "submit").status_code == 409
    assert desk.card(case) == before
    done = desk.done(desk.bureau, case, "dismiss", reason="重复填报")
    assert (done["state"], done["is_open"], done["due_on"]) == ("dismissed", False, None)
    nothing = desk.bureau.post(
        f"cases/{case}/evidence", {"kind": "document", "purpose": "other", "title": "x"}
    )
    assert nothing.status_code == 409


@ONE_ENGINE
def test_every_pair_of_state_and_event_is_answered_as_the_table_says(desk):
    """Over HTTP, from the states that a case passes on its way."""
    case = desk.lead()

    def tried() -> None:
        card = desk.card(case)
        expected = {each["event"] for each in card["ways"]}
        assert expected == {event for state, event in EDGES if state == card["state"]}
        events = {event for _, event in EDGES} - expected
        for speaker in (desk.bureau, desk.officer, desk.recorder):
            for event in sorted(events):
                assert desk.step(speaker, case, event).status_code == 409, (card["state"], event)
        for way in card["ways"]:
            for role, speaker in (("officer", desk.officer), ("recorder", desk.recorder)):
                if role not in way["duties"]:
                    answer = desk.step(speaker, case, way["event"])
                    assert answer.status_code == 403, (card["state"], way)
        assert desk.card(case)["n"] == card["n"]

    tried()
    desk.done(desk.bureau, case, "accept")
    tried()
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    tried()
    desk.done(desk.officer, case, "arrive")
    desk.bring(desk.officer, case, "no_entry", "check", no_entry="refused")
    desk.done(desk.officer, case, "report", reason="当事人阻拦,路边可见鱼塘")
    tried()
    desk.done(desk.bureau, case, "confirm")
    tried()


@ONE_ENGINE
def test_the_card_says_what_the_next_step_still_needs(desk):
    case = desk.lead()
    desk.done(desk.bureau, case, "accept")
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    desk.done(desk.officer, case, "arrive")

    def missing() -> list[str]:
        ways = {each["event"]: each for each in desk.card(case, desk.officer)["ways"]}
        return [each["text"] for each in ways["report"]["missing"]]

    assert "合格的有 0 张" in missing()[0]
    desk.photo(desk.officer, case, "check")
    desk.bring(desk.officer, case, "position", "check", **MIDDLE)
    assert "合格的有 1 张" in missing()[0]
    desk.photo(desk.officer, case, "check")
    assert missing() == []


@ONE_ENGINE
def test_nobody_judges_their_own_work_and_one_unit_is_marked(desk):
    case = desk.lead()
    desk.rectify(case)
    desk.photo(desk.second, case, "acceptance")
    desk.bring(desk.second, case, "position", "acceptance", **MIDDLE)
    done = desk.done(desk.second, case, "verify")
    assert "验收与整改提交是同一单位的人" not in done["marks"]
    desk.done(desk.second, case, "fail", reason="塘基未平")
    desk.done(desk.bureau, case, "order", reason="再整改")
    again = desk.step(desk.officer, case, "submit")
    assert again.json()["missing"][0]["gate"] == "rectified", "what was brought before is no news"
    desk.bring(desk.officer, case, "document", "rectification", title="整改报告")
    desk.done(desk.officer, case, "submit")
    desk.photo(desk.officer, case, "acceptance")
    desk.bring(desk.officer, case, "position", "acceptance", **MIDDLE)
    theirs = desk.step(desk.second, case, "verify")
    assert [each["gate"] for each in theirs.json()["missing"]] == ["acceptance"]
    desk.photo(desk.second, case, "acceptance")
    desk.bring(desk.second, case, "position", "acceptance", **MIDDLE)
    own = desk.step(desk.officer, case, "verify")
    assert [each["gate"] for each in own.json()["missing"]] == ["not_submitter"]
    marked = desk.done(desk.second, case, "verify")
    assert "验收与整改提交是同一单位的人" in marked["marks"]
    assert desk.done(desk.bureau, case, "close")["state"] == "closed"


@ONE_ENGINE
def test_a_step_sent_twice_is_one_and_a_stale_reader_is_told(desk):
    case, row = desk.lead(), str(uuid4())
    body = {"id": row, "event": "accept", "expected_n": 0}
    assert [desk.bureau.post(f"cases/{case}/transitions", body).status_code for _ in "ab"] == [
        201,
        200,
    ]
    other = desk.bureau.post(f"cases/{case}/transitions", body | {"reason": "x"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id-taken")
    assert desk.other.post(f"cases/{case}/transitions", body).status_code == 409
    stale = desk.step(desk.other, case, "assign", assignee=desk.officer_name(), expected_n=0)
    assert (stale.status_code, stale.json()["n"]) == (409, 1)


def test_two_people_who_move_one_case_at_once_one_wins_and_the_other_is_told(desk):
    for _ in range(3):
        case = desk.lead()
        bodies = [
            (desk.bureau, {"event": "accept"}),
            (desk.other, {"event": "dismiss", "reason": "重复"}),
        ] * 2
        with ThreadPoolExecutor(4) as pool:
            sent = [
                pool.submit(who.post, f"cases/{case}/transitions", body) for who, body in bodies
            ]
        answers = [each.result() for each in sent]
        assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
        assert len(desk.card(case)["events"]) == 1


def test_many_screens_at_once_open_one_lead(desk, database):
    with database.system_transaction() as session:
        uid = a_parcel(session, VILLAGE, next(numbers), SQUARE).uid

    def opened(_):
        with database.system_transaction() as session:
            case, is_new = open_lead(session, a_lead(VILLAGE, uid))
            return str(case.id), is_new

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(opened, range(4)))
    assert len({case for case, _ in found}) == 1
    assert sum(is_new for _, is_new in found) == 1


@ONE_ENGINE
def test_only_an_officer_of_the_place_can_be_sent(desk, as_role):
    case = desk.lead()
    desk.done(desk.bureau, case, "accept")
    far = as_role("officer", SHANTANG, "far").get("me").json()["username"]
    for name in (far, "nobody", desk.recorder.get("me").json()["username"]):
        answer = desk.step(desk.bureau, case, "assign", assignee=name)
        assert (answer.status_code, "执法员" in answer.json()["detail"]) == (422, True)
    fit = desk.bureau.get(f"cases/{case}/assignees").json()["items"]
    assert {each["username"] for each in fit} == {desk.officer_name(), "officer-2"}
    card = desk.done(desk.bureau, case, "assign", assignee="officer-2")
    assert card["events"][-1]["assignee_name"] == f"officer {desk.officer_area()}"


@ONE_ENGINE
def test_the_one_who_accepts_on_the_spot_was_there_and_the_closer_was_not_the_one(desk):
    """The closer's own photo and position accept nothing in another's name."""
    case = desk.lead()
    desk.rectify(case)
    desk.photo(desk.bureau, case, "acceptance")
    desk.bring(desk.bureau, case, "position", "acceptance", **MIDDLE)
    refused = desk.step(desk.second, case, "verify")
    assert [each["gate"] for each in refused.json()["missing"]] == ["acceptance"]
    desk.done(desk.bureau, case, "verify")
    own = desk.step(desk.bureau, case, "close")
    assert [each["gate"] for each in own.json()["missing"]] == ["verified"]


@ONE_ENGINE
def test_a_check_and_an_acceptance_tell_who_came_along_or_that_nobody_did(desk, as_role):
    case = desk.lead()
    desk.check(case)
    assert "核查不足两名执法人员" in desk.card(case)["marks"]
    far = as_role("officer", SHANTANG, "far").get("me").json()["username"]
    for name in (desk.officer_name(), far, desk.recorder.get("me").json()["username"]):
        answer = desk.step(desk.officer, case, "report", reason="鱼塘", assignee=name)
        assert (answer.status_code, "同行" in answer.json()["detail"]) == (422, True), name
    told = desk.done(desk.officer, case, "report", reason="鱼塘", assignee="officer-2")
    assert told["events"][-1]["assignee_name"] == f"officer {desk.officer_area()}"
    assert told["assigned_to"] == told["events"][1]["assignee_id"], "nobody else was sent"
    assert not [each for each in told["marks"] if "不足两名" in each]
    desk.done(desk.bureau, case, "confirm")
    desk.done(desk.officer, case, "stop", document_no="停〔2023〕1号")
    desk.done(desk.bureau, case, "order", reason="限期恢复耕种条件")
    desk.photo(desk.recorder, case, "rectification")
    desk.done(desk.recorder, case, "submit")
    assert desk.verify(case)["marks"] == ["现场验收不足两名执法人员"]
    again = desk.done(desk.second, case, "verify", assignee="bureau-2")
    assert again["marks"] == []


@ONE_ENGINE
def test_proof_of_the_past_proves_neither_a_second_look_nor_that_land_was_restored(desk, database):
    case = desk.lead()
    with database.system_transaction() as session:
        put_farmland(session, desk.uid)
    desk.confirm(case)
    before = desk.clock().isoformat()
    desk.photo(desk.officer, case, "restored", shows="crop")
    desk.bring(desk.officer, case, "visit", "relook", note="路过", occurred_at=before)
    desk.done(desk.officer, case, "stop", document_no="停〔2023〕1号")
    desk.done(desk.bureau, case, "order", reason="限期恢复耕种条件")
    desk.photo(desk.recorder, case, "rectification")
    desk.done(desk.recorder, case, "submit")
    late = desk.bring(
        desk.officer, case, "visit", "restored", note="已复耕", occurred_at=desk.clock().isoformat()
    )
    assert late["is_qualified"]
    desk.verify(case)
    first = desk.step(desk.bureau, case, "close")
    assert [each["gate"] for each in first.json()["missing"]] == ["restored"], "from before"
    desk.photo(desk.officer, case, "restored", shows="crop")
    old = desk.bring(desk.officer, case, "image", "restored", title="S2", occurred_at=before)
    assert [each["code"] for each in old["faults"]] == ["too_early"]
    assert desk.step(desk.bureau, case, "close").status_code == 409
    when = desk.clock().isoformat()
    desk.bring(desk.officer, case, "image", "restored", title="S2", occurred_at=when)
    assert desk.done(desk.bureau, case, "close")["state"] == "closed"
    assert desk.step(desk.officer, case, "relook").json()["missing"][0]["gate"] == "relooked"
    past = desk.bring(desk.officer, case, "visit", "relook", note="x", occurred_at=before)
    assert past["verdict"] == "时间早于任务开始"
    assert desk.step(desk.officer, case, "relook").status_code == 409
    now = desk.clock().isoformat()
    desk.bring(desk.officer, case, "visit", "relook", note="长势好", occurred_at=now)
    assert desk.done(desk.officer, case, "relook")["relook_on"] is None


@ONE_ENGINE
def test_basic_farmland_is_closed_only_with_proof_that_it_grows_again(desk, database):
    case = desk.lead()
    with database.system_transaction() as session:
        put_farmland(session, desk.uid)
    desk.rectify(case)
    desk.photo(desk.second, case, "acceptance")
    desk.bring(desk.second, case, "position", "acceptance", **MIDDLE)
    desk.done(desk.second, case, "verify")
    first = desk.step(desk.bureau, case, "close")
    assert [each["gate"] for each in first.json()["missing"]] == ["restored"]
    seen = desk.photo(desk.officer, case, "restored", shows="crop")
    assert seen["shows"] == "crop"
    second = desk.step(desk.bureau, case, "close")
    assert "照片之后" in second.json()["missing"][0]["text"]
    desk.clock.forward(days=5)
    when = desk.clock().isoformat()
    desk.bring(desk.officer, case, "visit", "restored", note="禾苗返青", occurred_at=when)
    assert desk.done(desk.bureau, case, "close")["state"] == "closed"


@ONE_ENGINE
def test_a_leader_reads_and_changes_nothing_and_reading_changes_nothing(desk, as_role, database):
    case, leader = desk.lead(), as_role("leader")
    desk.check(case)

    def everything() -> list:
        with database.system_reading() as session:
            tables = ("cases", "case_events", "case_evidence", "case_notices", "audit_entries")
            return [
                session.execute(sa.text(f"SELECT * FROM {each} ORDER BY 1, 2")).all()
                for each in tables
            ]

    before = everything()
    for path in ("cases", f"cases/{case}", "cases/statistics", "cases/notices"):
        assert leader.get(path).status_code == 200
    assert all(each["place"] is None for each in leader.get(f"cases/{case}").json()["evidence"])
    assert any(each["place"] for each in desk.card(case)["evidence"])
    for event in {event for _, event in EDGES}:
        assert desk.step(leader, case, event, reason="x").status_code == 403
    written = leader.post(f"cases/{case}/evidence", {"kind": "document", "purpose": "other"})
    assert written.status_code == 403
    assert leader.post(f"cases/{case}/follow").status_code == 403
    assert leader.get(f"cases/{case}/file").status_code == 403
    assert desk.bureau.get(f"cases/{case}/file").status_code == 200
    assert everything() == before


def test_a_town_sees_its_own_cases_and_nothing_of_another(desk, as_role):
    here, there = desk.lead(), desk.lead(f"{SHANTANG}201")
    near = as_role("officer", TAIHE, "near")
    assert [each["id"] for each in near.get("cases").json()["items"]] == [here]
    assert near.get(f"cases/{there}").status_code == 404
    for path in (
        f"cases/{there}/transitions",
        "cases/0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d999/transitions",
    ):
        assert near.post(path, {"event": "arrive"}).status_code == 404
    assert near.get("cases/statistics").json()["n_cases"] == 1
    assert desk.bureau.get("cases/statistics").json()["n_cases"] == 2


@ONE_ENGINE
def test_lists_are_filtered_and_turn_their_pages(desk):
    first = desk.lead()
    desk.clock.forward(minutes=1)
    second = desk.lead(rule_id="R102", square=shapely.box(113, 23.6, 113.001, 23.601))
    desk.done(desk.bureau, first, "accept")

    def listed(**asked) -> list[str]:
        answer = desk.bureau.get("cases", **asked)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    assert listed() == [second, first]
    assert listed(state="accepted") == [first]
    assert listed(rule="R102") == [second]
    assert listed(parcel=str(desk.uid)) == [second]
    assert listed(is_open="false") == []
    assert listed(source="tip") == []
    assert listed(area=SHANTANG) == []
    page = desk.bureau.get("cases", limit=1).json()
    rest = desk.bureau.get("cases", limit=1, cursor=page["next"]).json()
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [second, first]
    assert rest["next"] is None
