"""Facts: what each comes to, what it rests on, and that all of it can be opened."""

from datetime import date
from uuid import uuid4

import pytest

from inspections.doubts.doubt import Book, Severity, WhichRange
from service import audit
from service.doubts.models import Doubt, DoubtEvent, EventKind
from service.facts import queries
from service.facts.definitions import Form
from tests.service.test_outlets import TAIHE, opened
from tests.service.test_stock import posted
from tests.service.test_visits import a_visit, enrolled, visited

COUNTY, DAY = "441803", "2023-04-20"
IN_TAIHE = "441803102201"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


def facts(speaker, **asked) -> dict:
    answer = speaker.get("facts", **({"as_of": DAY} | asked))
    assert answer.status_code == 200, answer.text
    return {each["code"]: each for each in answer.json()["items"]}


def rows(speaker, code: str, **asked) -> list[dict]:
    answer = speaker.get(f"facts/{code}/rows", **({"as_of": DAY} | asked))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.fixture
def told(bureau, book):
    """A county with a little of everything."""
    assert book.plan(IN_TAIHE, 1000).is_success
    book.accepted("2023-04-20", {IN_TAIHE: 400})
    shop = opened(bureau, TAIHE, categories=["fertilizer", "film"])
    posted(bureau, shop, "count", 4126.5, "2023-04-18")
    register = {"area_code": TAIHE, "class_code": "TILL_R", "counted_on": "2023-01-10"}
    bureau.post("machinery/registers", register | {"n_registered": 40, "n_fit": 36})
    repair = {"area_code": TAIHE, "class_code": "TILL_R", "n_machines": 12}
    bureau.post("repairs", repair | {"repaired_on": "2023-03-01", "outcome": "fit"})
    people = [{"name": name, "phone4": "1234"} for name in ("陈一", "李二", "黄三")]
    training = {"area_code": TAIHE, "topic": "插秧", "audience": "operator"}
    for day in ("2023-03-01", "2023-03-08"):
        bureau.post("trainings", training | {"held_on": day, "attendees": people})
    return shop


def test_every_fact_has_its_unit_its_way_and_its_books():
    for each in queries.REGISTRY.values():
        assert each.how
        assert each.books
        assert (each.unit is not None) == (each.form is Form.COUNT), each.code


def test_what_is_counted_comes_to_what_the_rows_add_up_to(bureau, told):
    found = facts(bureau)
    assert found["sowing.grain"]["value"] == 400
    assert found["outlets.active"]["value"] == 1
    assert found["stock.fertilizer"]["value"] == 4.126, "4126.5 kg: a lower bound is cut"
    assert found["stock.fertilizer"]["exact"] == "4.1265"
    assert (found["machinery.repaired"]["value"], found["machinery.fit_share"]["value"]) == (
        12,
        0.9,
    )
    assert (found["machinery.trained"]["value"], found["machinery.training_times"]["value"]) == (
        3,
        6,
    )
    for code, fact in queries.REGISTRY.items():
        listed = rows(bureau, code)
        assert len(listed) == found[code]["n_rows"], code
        if fact.is_additive and found[code]["value"] is not None:
            total = sum(each["amount"] for each in listed)
            assert total == pytest.approx(found[code]["value"], abs=0.001), code


def test_rows_say_who_entered_and_who_took_over(bureau, told):
    (row,) = rows(bureau, "sowing.grain")
    assert (row["area_code"], row["amount"]) == (IN_TAIHE, 400)
    assert row["recorded_by_name"] == "recorder 441803102"
    approver, acceptor = row["approved"].split("、")
    assert approver.endswith("镇审核:approver 441803102")
    assert acceptor.endswith("区接收:bureau 441803")


@pytest.mark.parametrize(
    "code", ["outlets.active", "stock.fertilizer", "machinery.fit_share", "machinery.trained"]
)
def test_rows_of_every_book_say_who_entered_them(bureau, told, code):
    for row in rows(bureau, code):
        assert row["recorded_by_name"] == "bureau 441803", row
        assert row["recorded_at"]
        assert row["approved"] is None, "nobody approves this book"


def test_a_stock_row_is_of_who_moved_it_last_by_then(bureau, told, as_role):
    posted(as_role("officer"), told, "count", 4000, "2023-04-19", source="inspection")
    (now,) = rows(bureau, "stock.fertilizer")
    (then,) = rows(bureau, "stock.fertilizer", as_of="2023-04-18")
    assert (now["recorded_by_name"], then["recorded_by_name"]) == (
        "officer 441803",
        "bureau 441803",
    )


def test_a_series_gives_for_each_day_what_the_day_gives(bureau, told):
    asked = {"since": "2023-04-05", "as_of": DAY, "step_days": 7}
    items = bureau.get("facts/series", **asked).json()["items"]
    assert [each["as_of"] for each in items] == ["2023-04-06", "2023-04-13", DAY]
    for day in items:
        one = facts(bureau, as_of=day["as_of"])
        assert len(day["facts"]) == len(queries.REGISTRY)
        for each in day["facts"]:
            assert each == {name: one[each["code"]][name] for name in each}
    some = bureau.get("facts/series", code=["stock.fertilizer"], **asked).json()["items"]
    assert [[each["code"] for each in day["facts"]] for day in some] == [["stock.fertilizer"]] * 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "2023-04-21"}, "起始日期"),
        ({"since": "2022-01-01", "step_days": 1}, "间隔改为 5 天以上"),
        ({"since": "2022-04-20", "code": "sowing.nothing"}, "没有事实"),
        ({"since": "2022-04-20", "code": "<b>"}, ""),
    ],
)
def test_a_series_that_cannot_be_is_refused_and_says_what_to_do(bureau, asked, said):
    answer = bureau.get("facts/series", **({"as_of": DAY} | asked))
    assert 400 <= answer.status_code < 500
    assert said in answer.text


def test_an_empty_book_has_no_figure_and_says_so(bureau):
    found = facts(bureau)
    assert found["sowing.grain"]["value"] is None
    assert found["stock.fertilizer"]["text"] == "没有网点报过库存"
    assert found["visits.none_found"]["statement"] is False, "nothing was inspected"
    assert found["outlets.active"]["value"] == 0


def test_changing_one_row_changes_exactly_the_facts_that_rest_on_it(bureau, told):
    before = facts(bureau)
    repair = {"area_code": TAIHE, "class_code": "TILL_R", "n_machines": 1}
    bureau.post("repairs", repair | {"repaired_on": "2023-03-02", "outcome": "fit"})
    after = facts(bureau)
    changed = {code for code in before if before[code]["digest"] != after[code]["digest"]}
    assert changed == {"machinery.repaired", "machinery.repairs"}


def test_ageing_a_large_outlet_lowers_the_bound(bureau, told):
    later = facts(bureau, as_of="2023-04-27")
    assert later["stock.fertilizer"]["value"] == 0
    text = {"text": "现时化肥储备量达4吨以上", "area": COUNTY}
    now = bureau.post("lint", text | {"as_of": DAY}).json()["items"]
    aged = bureau.post("lint", text | {"as_of": "2023-04-27"}).json()["items"]
    assert [each["verdict"] for each in (*now, *aged)] == ["within_wording", "contradicted"]


def test_a_fact_can_be_had_as_it_was_known(bureau, told, clock):
    clock.forward(hours=1)
    known_at = clock().isoformat()
    clock.forward(hours=1)
    posted(bureau, told, "receipt", 1000, "2023-04-19")
    assert facts(bureau)["stock.fertilizer"]["value"] == 5.126
    assert facts(bureau, known_at=known_at)["stock.fertilizer"]["value"] == 4.126


def test_a_town_reads_its_own_facts(told, as_role):
    own = facts(as_role("leader", TAIHE), area=TAIHE)
    other = facts(as_role("leader", "441803105"), area="441803105")
    assert (own["outlets.active"]["value"], other["outlets.active"]["value"]) == (1, 0)


def test_an_unknown_fact_is_none(bureau):
    assert bureau.get("facts/no.such", as_of=DAY).status_code == 404


def test_a_visit_to_the_same_outlet_is_no_other_outlet(bureau, told):
    text = "检查农资生产经营主体46家"
    (line,) = bureau.post("lint", {"text": text, "as_of": DAY, "area": COUNTY}).json()["items"]
    assert (line["code"], line["verdict"]) == ("visits.outlets", "contradicted")


def test_a_text_is_judged_on_its_page(bureau, told):
    form = {"text": "农资经营网点1个,<b>粗体</b>", "as_of": DAY}
    page = bureau.send("POST", "/lint", data=form)
    assert page.status_code == 200
    assert '<mark class="lint-equal"' in page.text
    assert "<b>粗体</b>" not in page.text
    assert bureau.get("/lint").status_code == 200


def test_an_answer_is_made_once_until_something_is_written(bureau, told, monkeypatch):
    made = []

    class Counted(queries.Reading):
        def __init__(self, *told) -> None:
            made.append(told)
            super().__init__(*told)

    monkeypatch.setattr(queries, "Reading", Counted)
    first, second = facts(bureau), facts(bureau)
    assert (first, len(made)) == (second, 1)
    facts(bureau, as_of="2023-04-19")
    assert len(made) == 2, "another day is another question"
    posted(bureau, told, "receipt", 1, "2023-04-19")
    third = facts(bureau)
    assert len(made) == 3
    assert third["stock.fertilizer"]["exact"] != first["stock.fertilizer"]["exact"]


def test_a_duty_reads_a_figure_and_not_the_rows_of_a_book_that_is_not_its_own(told, as_role):
    recorder = as_role("recorder", TAIHE)
    found = facts(recorder, area=TAIHE)
    assert found["visits.visit_times"]["value"] == 0
    asked = {"as_of": DAY, "area": TAIHE}
    assert recorder.get("facts/visits.visit_times/rows", **asked).status_code == 403
    assert recorder.get("facts/machinery.repaired/rows", **asked).status_code == 200


def a_doubt(database, rule: str, kind: str, subject: str, book: Book, area=TAIHE, **more) -> None:
    """Put an open doubt of a subject into the book."""
    with database.system_transaction() as session:
        at = audit.instant(session)
        values = {
            "severity": Severity.DOUBT,
            "observed_on": date(2023, 4, 13),
            "observed": f"observed {subject}",
            "expected": "",
            "explanation": "同一句话",
            "evidence": "[]",
            "which_range": WhichRange.BOOKS,
            "opened_at": at,
            "due_on": date(2023, 4, 27),
        } | more
        doubt = Doubt(
            id=uuid4(),
            rule=rule,
            book=book,
            subject_kind=kind,
            subject_id=subject,
            observation=uuid4().hex * 2,
            area_code=area,
            **values,
        )
        session.add(doubt)
        session.flush()
        common = {"area_code": area, "recorded_at": at, "content_digest": ""}
        session.add(DoubtEvent(id=uuid4(), doubt_id=doubt.id, n=1, kind=EventKind.ASSIGN, **common))
        audit.record(session, "doubt.run", "test")


@pytest.mark.parametrize(
    ("rule", "kind", "subject", "doubted", "touched"),
    [
        (
            "sowing.jump",
            "sowing_report",
            f"{IN_TAIHE}/RICE_E/direct/2023-04-13",
            Book.SOWING,
            {"sowing.grain", "sowing.early_rice", "sowing.yoy", "stock.needs_met"},
        ),
        (
            "sowing.jump",
            "sowing_report",
            f"{IN_TAIHE}/CORN_S/sown/2023-04-13",
            Book.SOWING,
            {"sowing.grain"},
        ),
        ("stock.per_mu", "stock_sum", "441803/pesticide", Book.STOCK, {"stock.pesticide_per_mu"}),
        ("stock.negative", "stock_card", "x/UREA-50", Book.STOCK, {"stock.fertilizer"}),
        ("stock.stale", "outlet", "x", Book.STOCK, {"stock.fertilizer", "stock.pesticide"}),
        (
            "visit.officers",
            "visit",
            "x",
            Book.VISITS,
            {"visits.officer_times", "visits.none_found"},
        ),
        ("machinery.repaired", "fleet", "x", Book.MACHINERY, {"machinery.repaired"}),
        ("weather.order", "weather_day", "x", Book.AGRONOMY, {"weather.suitable_days"}),
        ("reservoir.over", "reservoir_reading", "x", Book.AGRONOMY, {"water.available_per_mu"}),
    ],
)
def test_a_doubt_touches_the_figures_of_what_it_doubts(  # noqa: PLR0917 - a row of a table
    bureau, told, database, rule, kind, subject, doubted, touched
):
    before = facts(bureau)
    a_doubt(database, rule, kind, subject, doubted)
    after = facts(bureau)
    more = {code for code in before if after[code]["open_doubts"] > before[code]["open_doubts"]}
    assert touched <= more
    untouched = {
        "stock.per_mu": "stock.fertilizer",
        "stock.negative": "stock.pesticide",
        "sowing.jump": "outlets.active",
    }
    assert untouched.get(rule, "outlets.active") not in more
    if "CORN_S" in subject:
        assert "sowing.early_rice" not in more
    assert {before[code]["digest"] for code in before} == {after[code]["digest"] for code in after}


def test_two_doubts_of_one_sentence_are_two_and_say_where(bureau, told, database):
    for area in (TAIHE, "441803105"):
        a_doubt(database, "stock.negative", "stock_card", f"{area}/UREA-50", Book.STOCK, area)
    found = facts(bureau)["stock.fertilizer"]
    assert found["open_doubts"] == 2
    assert len(set(found["doubts"])) == len(found["doubt_ids"]) == 2
    assert found["doubts"][0].startswith("太和镇:observed ")


def test_a_hint_is_no_weighty_doubt(bureau, told, database):
    a_doubt(database, "stock.stale", "outlet", "x", Book.STOCK, severity=Severity.HINT)
    found = facts(bureau)["stock.fertilizer"]
    assert (found["open_doubts"], found["weighty_doubts"]) == (1, 0)


def test_a_week_that_was_carried_is_not_covered(bureau, book, told):
    book.accepted("2023-04-27", {f"{TAIHE}202": 5})
    later = facts(bureau, as_of="2023-04-27")["sowing.grain"]
    assert later["value"] == 405
    reported, expected = later["text"].split(" ")[0].split("/")
    assert reported == "1"
    assert later["coverage"] == pytest.approx(1 / int(expected), abs=1e-4)
    assert "1 个村沿用上次" in later["text"]


def test_last_springs_area_is_no_figure_of_this_year(bureau, told, clock):
    clock.forward(days=330)
    assert facts(bureau, as_of="2023-12-31")["sowing.grain"]["value"] == 400
    assert facts(bureau, as_of="2024-03-01")["sowing.grain"]["value"] is None


def test_changing_one_visit_changes_exactly_the_facts_that_rest_on_it(bureau, told, as_role):
    team = [enrolled(bureau)["id"] for _ in range(2)]
    before = facts(bureau)
    visited(as_role("officer"), a_visit(told, team))
    after = facts(bureau)
    changed = {code for code in before if before[code]["digest"] != after[code]["digest"]}
    assert changed == {
        *("visits.officer_times", "visits.visit_times", "visits.outlets", "visits.coverage"),
        *("visits.per_visit", "visits.none_found"),
    }
