"""The web pages through HTTP: who sees which, what they say, and that nothing in them runs."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.routing import APIRoute

from service.accounts.access import action_of
from service.accounts.policy import POLICY, may
from service.pages import routes
from service.pages.page import is_local
from service.reporting import actions as reporting
from service.security import Role

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"
VILLAGE = "441803102201"
WEEK = "2023-04-20"
PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"
AREA_OF = {Role.RECORDER: TAIHE, Role.APPROVER: TAIHE}
HTML = {"Accept": "text/html"}
OPEN = {"/login"}
PLAIN = ("/", "/notices", "/progress", "/progress/villages", "/weeks", "/grid", "/queue")


def page_routes() -> list[APIRoute]:
    return [each for each in routes.router.routes if isinstance(each, APIRoute)]


def page(speaker, path: str, **kwargs):
    return speaker.send("GET", path, headers=HTML, **kwargs)


def press(speaker, path: str, **form):
    return speaker.send("POST", path, headers=HTML, data=form, follow_redirects=False)


def where_of(answer) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


class Suspicious(HTMLParser):
    """Collects whatever the policy for content would refuse, and whatever leads elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self._in_script = tag == "script"
        for name, value in attrs:
            is_address = name in {"src", "href", "action", "formaction", "data-url", "data-open"}
            if name == "style" or name.startswith("on"):
                self.found.append(f"{tag} {name}={value}")
            if is_address and not re.match(r"/(?!/)|#", value or ""):
                self.found.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        if self._in_script and data.strip():
            self.found.append(data)


@pytest.fixture
def filed(book):
    """A week of Taihe with one figure, submitted."""
    book.at(WEEK)
    book.plan(VILLAGE, 100)
    book.filed(VILLAGE, 123.45, WEEK)
    book.step(TAIHE, WEEK, "submit")
    return book


def task_of(book) -> str:
    return book.task(TAIHE, WEEK)["id"]


# ---- who sees what


def test_every_page_names_a_row_of_the_policy():
    for route in page_routes():
        assert route.path in OPEN or action_of(route) in POLICY, route.path


def test_a_handler_of_a_page_only_takes_calls_and_returns():
    tree = ast.parse(Path(routes.__file__).read_text(encoding="utf-8"))
    handlers = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    assert len(handlers) == len(page_routes())
    for handler in handlers:
        assert sum(isinstance(each, ast.stmt) for each in ast.walk(handler)) - 2 <= 5, handler.name


@pytest.mark.parametrize("path", PLAIN)
def test_nobody_is_led_to_the_login_page_and_back(nobody, path):
    answer = page(nobody, f"{path}?as_of={WEEK}&x=1", follow_redirects=False)
    location = urlsplit(where_of(answer))
    assert location.path == "/login"
    assert parse_qs(location.query)["next"] == [f"{path}?as_of={WEEK}&x=1"]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_pages_and_no_others(filed, as_role, role):
    speaker = as_role(role.value, AREA_OF.get(role, COUNTY))
    task_id = task_of(filed)
    for route in page_routes():
        if "GET" not in route.methods or route.path in OPEN:
            continue
        answer = page(speaker, route.path.replace("{task_id}", task_id))
        is_allowed = may(role, action_of(route))
        assert answer.status_code == (200 if is_allowed else 403), route.path
        assert answer.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert Suspicious(answer.text).found == [], route.path
        if not is_allowed:
            assert "请联系管理员" in answer.text


@pytest.mark.parametrize(
    ("role", "home"),
    [("recorder", "/grid"), ("approver", "/queue"), ("bureau", "/queue"), ("leader", "/progress")],
)
def test_each_role_begins_at_its_own_page(season, as_role, role, home):
    speaker = as_role(role, AREA_OF.get(Role(role), COUNTY))
    assert where_of(page(speaker, "/", follow_redirects=False)) == home


def test_pages_without_any_season_say_what_to_do(as_role):
    assert "还没有播种季" in page(as_role("leader"), "/progress").text
    assert "还没有播种季" in page(as_role("bureau"), "/queue").text
    assert "现在没有要填的周" in page(as_role("recorder", TAIHE), "/grid").text


def test_a_foreign_week_looks_like_an_absent_one(filed, as_role):
    speaker = as_role("recorder", SHANTANG)
    absent = "00000000-0000-4000-8000-000000000000"
    for path in ("/queue/{}", "/grid?task={}"):
        foreign, missing = (
            page(speaker, path.format(task_id)) for task_id in (task_of(filed), absent)
        )
        assert foreign.status_code == missing.status_code == 404
        assert without_ids(foreign.text) == without_ids(missing.text)


def without_ids(text: str) -> str:
    return re.sub(r"<code>\w+</code>", "", text)


# ---- logging in and out


@pytest.fixture
def anna(make_account):
    return make_account("leader", COUNTY, "anna")


def log_in(nobody, **form):
    return press(nobody, "/login", **({"username": "anna"} | form))


def test_the_form_logs_in_and_leads_on(anna, nobody, client):
    answer = log_in(nobody, password="a password for tests", next="/progress?crop=CORN_S")
    assert where_of(answer) == "/progress?crop=CORN_S"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/api/v1/me").json()["username"] == "anna"
    assert where_of(press(nobody, "/logout")) == "/login"
    assert client.get("/api/v1/me").status_code == 401


def test_a_wrong_password_is_told_at_the_form(anna, nobody):
    answer = log_in(nobody, password="wrong", next="/queue")
    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text
    assert 'value="anna"' in answer.text
    assert 'value="/queue"' in answer.text
    assert "wrong" not in answer.text


def test_a_guesser_is_told_to_wait(anna, nobody):
    for _ in range(6):
        answer = log_in(nobody, password="wrong")
    assert answer.status_code == 429
    assert "秒后再试" in answer.text
    assert int(answer.headers["retry-after"]) > 0


ELSEWHERE = ("https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "x")


@pytest.mark.parametrize("following", ELSEWHERE)
def test_the_form_leads_nowhere_else(anna, nobody, following):
    assert not is_local(following)
    answer = log_in(nobody, password="a password for tests", next=following)
    assert where_of(answer) == "/"


def test_a_form_of_another_site_is_refused(filed, as_role):
    answer = as_role("approver", TAIHE).send(
        "POST", f"/queue/{task_of(filed)}/approve", headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert filed.task(TAIHE, WEEK)["state"] == "submitted"


# ---- what the pages say


def test_the_leader_reads_wan_mu_and_what_stands_behind_it(filed, as_role):
    filed.step(TAIHE, WEEK, "approve")
    filed.step(TAIHE, WEEK, "accept")
    text = page(as_role("leader"), f"/progress?as_of={WEEK}").text
    assert "<strong>0.012</strong> 万亩" in text
    assert "1/209" in text
    assert "超计划" in text
    assert "n = 0,不足三年" in text
    assert "谷雨当日" in text
    assert "208 村" in text
    town = page(as_role("leader"), f"/progress/villages?area={TAIHE}&as_of={WEEK}").text
    assert "123.45" in town
    assert town.count('<th scope="row">') == 18


def test_a_page_can_be_asked_as_it_was_known(filed, as_role):
    before = filed.now()
    filed.step(TAIHE, WEEK, "approve")
    filed.step(TAIHE, WEEK, "accept")
    leader = as_role("leader")
    answer = leader.send("GET", "/progress", params={"as_of": WEEK, "known_at": before})
    assert "时所知" in answer.text
    assert "<strong>—</strong> 万亩" in answer.text


def test_a_day_outside_the_season_becomes_its_newest_week(season, as_role):
    answer = page(as_role("leader"), "/progress?as_of=2019-01-01")
    assert answer.status_code == 200
    assert "已改为最新一周" in answer.text


def test_the_grid_shows_last_week_and_why_it_is_closed(filed, as_role):
    recorder = as_role("recorder", TAIHE)
    text = page(recorder, f"/grid?season={filed.season}&town={TAIHE}&week={WEEK}").text
    assert "须先退回才能改动" in text
    assert 'value="123.45"' in text
    filed.at("2023-04-27")
    text = page(recorder, f"/grid?season={filed.season}&week=2023-04-27").text
    assert "上次 123.45" in text
    assert "不计入" in text
    assert "只能查看" not in text


def test_weeks_are_approved_and_accepted_by_pressing(filed, as_role):
    where = f"/queue/{task_of(filed)}"
    approver, bureau = as_role("approver", TAIHE), as_role("bureau")
    assert "等您审核 <small>1 周" in page(approver, "/queue").text
    assert "123.45" in page(approver, where).text
    assert where_of(press(approver, f"{where}/approve")) == f"{where}?done=approve"
    assert "已通过" in page(approver, f"{where}?done=approve").text
    again = press(approver, f"{where}/approve")
    assert again.status_code == 409
    assert "不能做这一步" in again.text
    assert where_of(press(bureau, f"{where}/accept")) == f"{where}?done=accept"
    assert "填报率" in page(bureau, "/queue").text
    assert where_of(press(bureau, f"{where}/reopen", reason="毁种")) == f"{where}?done=reopen"
    assert filed.task(TAIHE, WEEK)["state"] == "returned"


def test_a_week_is_returned_with_a_reason_or_not_at_all(filed, as_role):
    where = f"/queue/{task_of(filed)}"
    approver = as_role("approver", TAIHE)
    for reason in ("", "   "):
        refused = press(approver, f"{where}/return", reason=reason)
        assert refused.status_code == 422
        assert "请写明原因" in refused.text
    assert where_of(press(approver, f"{where}/return", reason="请核对")) == f"{where}?done=return"
    assert "请核对" in page(as_role("recorder", TAIHE), f"/grid?task={task_of(filed)}").text


def test_the_recorder_submits_from_the_grid(book, as_role):
    book.at(WEEK)
    book.filed(VILLAGE, 10, WEEK)
    task_id = task_of(book)
    recorder = as_role("recorder", TAIHE)
    assert where_of(press(recorder, f"/grid/{task_id}/submit")).endswith("done=submit")
    assert book.task(TAIHE, WEEK)["state"] == "submitted"


def test_the_bureau_opens_a_locked_week_for_some_days(book, as_role):
    task_id = task_of(book)
    book.at("2023-04-23")
    recorder, bureau = as_role("recorder", TAIHE), as_role("bureau")
    assert "补报须由区里准予" in page(recorder, f"/grid?task={task_id}").text
    assert "准予补报" in page(bureau, f"/queue/{task_id}").text
    assert "请写明" in press(bureau, f"/queue/{task_id}/exception", days=1, reason=" ").text
    granted = press(bureau, f"/queue/{task_id}/exception", days=2, reason="停电")
    assert where_of(granted).endswith("done=exception")
    assert "只能查看" not in page(recorder, f"/grid?task={task_id}").text
    assert "停电" in page(bureau, "/queue").text


def test_reminders_are_counted_in_the_head_and_listed(book, as_role, database):
    book.at(WEEK, hour=18)
    with database.system_transaction() as session:
        reporting.remind(session)
    text = page(as_role("recorder", TAIHE), "/notices").text
    assert 'aria-label="1 条"' in text
    assert "已过截止时间,请尽快上报" in text


def test_a_village_recorder_fills_their_village_and_leaves_the_rest_to_the_town(book, as_role):
    book.at(WEEK)
    text = page(as_role("recorder", VILLAGE), "/grid").text
    assert text.count("data-area=") == 1
    assert 'id="save"' in text
    assert "整镇由镇级录入员上报" in text


def test_demonstration_data_is_marked_on_every_page(season, nobody, as_role, database):
    assert "演示数据" not in page(nobody, "/login").text
    database.is_demonstration = True
    leader = as_role("leader")
    for speaker, path in ((nobody, "/login"), (leader, "/progress"), (leader, "/nothing")):
        assert "演示数据" in page(speaker, path).text


# ---- what users write stays text


def test_whatever_a_user_wrote_is_escaped(book, as_role, make_account, database):
    book.at(WEEK)
    name = PAYLOAD[:60]
    account = make_account("approver", TAIHE, "mallory")
    with database.system_transaction() as session:
        session.merge(account).display_name = name
    book.filed(VILLAGE, 50, WEEK, note=PAYLOAD)
    book.step(TAIHE, WEEK, "submit")
    where = f"/queue/{task_of(book)}"
    mallory = as_role_of(book, as_role, "mallory", account)
    assert press(mallory, f"{where}/return", reason=PAYLOAD).status_code == 303
    book.filed(VILLAGE, 40, WEEK, note=PAYLOAD, reason="misreport")
    grid = f"/grid?task={task_of(book)}"
    pages = [page(as_role("bureau"), where), page(as_role("recorder", TAIHE), grid)]
    pages += [page(mallory, "/queue"), page(mallory, f"/queue?season={PAYLOAD}")]
    for answer in pages:
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert Suspicious(answer.text).found == []
    assert "&lt;script&gt;alert(1)" in pages[0].text
    assert "&lt;script&gt;alert(1)" in pages[1].text
    assert "&lt;script&gt;" in pages[2].text


def as_role_of(book, as_role, username, account):
    """Log an account in through the API and speak with its token."""
    speaker = as_role("leader")
    body = {"username": username, "password": "a password for tests"}
    token = speaker.client.post("/api/v1/sessions", json=body).json()["token"]
    speaker.client.cookies.clear()
    return type(speaker)(speaker.client, token)


# ---- errors


def test_errors_are_pages_for_people_and_problems_for_programs(as_role):
    leader = as_role("leader")
    answer = page(leader, "/nothing-here")
    assert answer.status_code == 404
    assert "没有这个地址" in answer.text
    assert Suspicious(answer.text).found == []
    for path, headers in (("/api/v1/nothing", HTML), ("/nothing", {"Accept": "application/json"})):
        refused = leader.send("GET", path, headers=headers)
        assert refused.status_code == 404
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_bad_query_names_the_field_on_a_page(season, as_role):
    answer = page(as_role("leader"), "/progress?as_of=2023-02-29")
    assert answer.status_code == 422
    assert "没有这一天" in answer.text


def test_a_crash_is_a_page_with_the_number_of_the_request(season, as_role, monkeypatch):
    def crash(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("service.pages.board.board", crash)
    answer = page(as_role("leader"), "/progress")
    assert answer.status_code == 500
    assert "系统内部错误" in answer.text
    assert "secret detail" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_static_files_are_named_by_their_content(as_role, season):
    text = page(as_role("leader"), "/progress").text
    found = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert len(found) >= 4
    for address in found:
        assert "?v=" in address
