"""A bulletin cannot say what the books do not hold: at the draft, at the issue, in its head."""

import io
from datetime import date

import docx
import pytest
from docx.oxml.ns import qn

from service.bulletins import checking, finished
from service.bulletins.checking import Subject
from service.bulletins.models import Kind
from service.errors import Conflict
from tests.service.test_bulletin_files import of, text_of_docx, text_of_pdf
from tests.service.test_bulletins import (
    DAY,
    STOCKED,
    a_draft,
    bureau,
    count_of,
    drafted,
    issued,
    second,
    step,
)
from tests.service.test_outlets import TAIHE, opened

__all__ = ["bureau", "second"]
ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SOWN = "{{sowing.grain|万亩.3}}"
SHOPS = "{{outlets.active|.0}}"


@ONE_ENGINE
@pytest.mark.parametrize(
    ("template", "words"),
    [
        (
            f"去年播种面积{SOWN}，太和镇播种{SOWN}，八成以上农户、三分之二的村已完成，粮价上涨一倍。",
            ("去年", "八成", "分之", "倍"),
        ),
        (f"今年并未{{{{visits.none_found|暂未发现}}}}，没有{SOWN}", ("“未”", "“没”")),
        (f"2022年网点{SHOPS}，网点{SHOPS}。截至3月1日，网点{SHOPS}。", ("2022年", "3月1日")),
        (f"播种\u202e{SOWN}\u202c。", ("U+202E", "U+202C")),
        (f"检查{{{{visits.visit_times|.0}}}}家，网点{SHOPS}个家次。", ("“家”", "“个”")),
    ],
)
def test_a_template_that_bends_its_figures_is_not_saved(bureau, template, words):
    answer = bureau.post("bulletins", a_draft(template=template))
    assert answer.status_code == 422, answer.text
    said = " ".join(each["reason"] + each["text"] for each in answer.json()["problems"])
    for word in words:
        assert word in said


@ONE_ENGINE
def test_a_towns_name_is_known_from_the_books(bureau):
    answer = bureau.post("bulletins", a_draft(template=f"太和镇播种粮食{SOWN}。"))
    assert answer.status_code == 422
    assert "说的是“太和镇”" in answer.json()["detail"]
    short = bureau.post("bulletins", a_draft(template=f"太和播种粮食{SOWN}。"))
    assert "说的是“太和”" in short.json()["detail"]
    assert drafted(bureau, area_code=TAIHE, template=f"太和镇播种粮食{SOWN}。")["state"] == "draft"
    other = bureau.post("bulletins", a_draft(area_code=TAIHE, template=f"全区播种粮食{SOWN}。"))
    assert "说的是“全区”" in other.json()["detail"]
    shipped = drafted(bureau, area_code=TAIHE, template=None, number=9)
    assert "全镇春播粮食" in shipped["text"]


@ONE_ENGINE
@pytest.mark.parametrize("name", ["title", "masthead", "office", "reported_to", "issued_to"])
def test_a_line_of_the_head_holds_no_figure(bureau, second, name):
    said = "全区已完成粮食播种面积达20万亩，暂未发现违法行为"
    for text in (said, "播种\u202e完成", f"播种{SOWN}"):
        answer = bureau.post("bulletins", a_draft(**{name: text}))
        assert (answer.status_code, answer.json()["field"]) == (422, name)
    opened(bureau)
    first = issued(bureau, second)
    refused = step(bureau, first, "correct", reason="更正", title=said)
    assert (refused.status_code, refused.json()["field"]) == (422, "title")
    assert step(bureau, first, "correct", reason="更正", title="更正").json()["title"] == "更正"


@ONE_ENGINE
def test_what_an_older_rule_let_in_is_not_issued(bureau, second, monkeypatch):
    opened(bureau)
    with monkeypatch.context() as older:
        older.setattr(checking, "refuse_bad_head", lambda _: None)
        older.setattr(checking, "refuse_bad", lambda *_: None)
        made = drafted(bureau, title="全区播种20万亩", template=f"检查网点{SHOPS}家次，过半。")
    assert step(second, made, "review").status_code == 200
    refused = step(bureau, made, "issue")
    assert refused.status_code == 409
    for said in ("标题", "20万亩", "家", "过半"):
        assert said in "".join(refused.json()["problems"])


@ONE_ENGINE
@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("农药储备{{stock.fertilizer|以上}}。", "像是 stock.pesticide"),
        ("门市{{outlets.active|.0}}。", "附近没有能认出事实的词"),
        ("2022年雨水多，全区农资网点{{outlets.active|.0}}。", "说的是2022年"),
        ("力争全区农资网点达{{outlets.active|.0}}。", "力争"),
    ],
)
def test_a_slot_that_does_not_read_as_its_own_fact_is_not_issued(bureau, second, template, why):
    count_of(bureau, opened(bureau), 400_000)
    made = drafted(bureau, template=template)
    assert why in "".join(made["problems"])
    assert step(second, made, "review").status_code == 200
    refused = step(bureau, made, "issue")
    assert refused.status_code == 409
    assert why in refused.json()["detail"]
    assert bureau.get(f"bulletins/{made['id']}").json()["state"] == "reviewed"


@ONE_ENGINE
def test_a_finished_text_that_the_books_contradict_is_refused(bureau, database):
    opened(bureau)
    subject = Subject(Kind.BULLETIN, "441803", date.fromisoformat(DAY))
    with database.system_reading() as session:
        finished.refuse_contradicted(session, subject, "全区农资网点1个。")
        with pytest.raises(Conflict, match="2个"):
            finished.refuse_contradicted(session, subject, "全区农资网点2个。")


def test_a_bulletin_is_linted_by_its_own_day_and_knowledge(bureau, second, as_role):
    opened(bureau)
    made = issued(bureau, second)
    opened(bureau)
    answer = step(bureau, made, "lint")
    assert answer.status_code == 200, answer.text
    (line,) = answer.json()["items"]
    assert (line["code"], line["verdict"], line["value"]) == ("outlets.active", "equal", "1")
    assert answer.json()["as_of"] == DAY
    draft = drafted(bureau, number=8)
    (line,) = step(second, draft, "lint").json()["items"]
    assert line["value"] == "2", "a draft by what is known now"
    assert step(as_role("recorder", TAIHE), made, "lint").status_code == 404
    assert step(as_role("leader"), draft, "lint").status_code == 404


def test_what_few_have_told_of_says_how_many(bureau):
    shops = [opened(bureau) for _ in range(5)]
    count_of(bureau, shops[0], 400_000)
    told = drafted(bureau, template=STOCKED)
    assert told["text"] == "化肥储备400吨以上（已报1/5），农资网点5个。"
    assert told["problems"] == []
    for shop in shops[1:]:
        count_of(bureau, shop, 100_000)
    text = bureau.get(f"bulletins/{told['id']}/text").text
    assert text == "化肥储备800吨以上，农资网点5个。"


def test_a_leader_sees_what_went_out_in_their_name(bureau, second, as_role):
    shops = [opened(bureau) for _ in range(5)]
    count_of(bureau, shops[0], 400_000)
    zhang, other = as_role("leader", username="zhang"), as_role("leader", username="li")
    made = drafted(bureau, template=STOCKED)
    step(second, made, "review")
    assert zhang.get("bulletins/decisions").json()["items"] == []
    assert "以您的名义" not in zhang.get("/overview", as_of=DAY).text
    done = step(bureau, made, "issue", leader="zhang", reason="农时<不>等人")
    assert done.status_code == 200, done.text
    (told,) = zhang.get("bulletins/decisions").json()["items"]
    assert (told["bulletin_id"], told["reason"]) == (made["id"], "农时<不>等人")
    assert (told["leader_name"], told["issued_by"]) == ("leader 441803", "bureau 441803")
    assert bureau.get("bulletins/decisions").json()["items"] == [told]
    assert other.get("bulletins/decisions").json()["items"] == []
    assert as_role("recorder", TAIHE).get("bulletins/decisions").json()["items"] == []
    shown = zhang.get("/overview", as_of=DAY).text
    assert "以您的名义带存疑签发" in shown
    assert "农时&lt;不&gt;等人" in shown
    assert "以您的名义" not in other.get("/overview", as_of=DAY).text


def test_the_files_of_a_corrected_issue_say_that_another_took_its_place(
    bureau, second, tmp_path, clock
):
    opened(bureau)
    first = issued(bureau, second)
    opened(bureau)
    made = step(bureau, first, "correct", reason="漏报").json()
    assert "不再有效" not in text_of_docx(of(bureau, first, "docx")), "until it is issued"
    step(second, made, "review")
    clock.forward(days=1)
    assert step(bureau, made, "issue").status_code == 200
    for told in (
        text_of_docx(of(bureau, first, "docx")),
        "".join(text_of_pdf(of(bureau, first, "pdf"), tmp_path).split()),
        of(bureau, first, "md").decode(),
    ):
        assert "本期已更正，不再有效" in told
        assert "农资经营网点1个" in told
    assert "不再有效" not in text_of_docx(of(bureau, made, "docx"))


@ONE_ENGINE
def test_a_bulletin_has_an_address_as_markdown_and_as_json(bureau, second):
    opened(bureau)
    made = issued(bureau, second, title="春耕_进展_*顺利*")
    told = of(bureau, made, "md").decode()
    assert told.startswith("# 春耕工作简报\n")
    assert "## 春耕\\_进展\\_\\*顺利\\*\n" in told
    assert made["text"] in told
    assert "| 农资经营网点 | 1 | 个 |" in told
    assert "报：市农业农村局" in told
    answer = bureau.get(f"bulletins/{made['id']}.json")
    assert answer.json() == bureau.get(f"bulletins/{made['id']}").json()
    assert answer.headers["content-disposition"].endswith('.json"')


def test_proposals_of_all_issues_are_listed_and_marked(bureau, second, as_role):
    opened(bureau)
    first = issued(bureau, second)
    assert bureau.get("bulletins/proposals").json() == {"items": [], "next": None}
    assert "更正建议" not in bureau.get("/bulletins").text
    opened(bureau)
    (told,) = bureau.get("bulletins/proposals").json()["items"]
    assert told["bulletin"]["id"] == first["id"]
    assert [(e["code"], e["then"], e["now"]) for e in told["items"]] == [
        ("outlets.active", "1", "2")
    ]
    assert "更正建议 1 处" in bureau.get("/bulletins").text
    town = as_role("approver", TAIHE)
    assert town.get("bulletins/proposals").json()["items"] == [], "not their books"
    assert bureau.get("bulletins/proposals", limit=1).json()["next"] == "1"
    made = step(bureau, first, "correct", reason="漏报").json()
    step(second, made, "review")
    step(bureau, made, "issue")
    assert bureau.get("bulletins/proposals").json()["items"] == [], "it was corrected"


@ONE_ENGINE
def test_a_word_table_repeats_its_head_and_keeps_its_rows_and_the_head_is_ruled_in_red(bureau):
    opened(bureau)
    word = docx.Document(io.BytesIO(of(bureau, drafted(bureau), "docx")))
    rows = word.tables[0].rows
    assert rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert [row._tr.trPr.find(qn("w:tblHeader")) for row in rows[1:]] == [None] * (len(rows) - 1)
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    ruled = [e for e in word.paragraphs if e._p.find(f".//{qn('w:pBdr')}") is not None]
    (line,) = ruled
    assert "区农业农村局" in line.text
    assert line._p.find(f".//{qn('w:bottom')}").get(qn("w:color")) == "C01010"
