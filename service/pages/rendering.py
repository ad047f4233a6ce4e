"""Templates, and how figures, days and instants read on a page."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.reporting.rules import STATE_TEXT, TIMELINESS_TEXT
from service.schemas import CIVIL_ZONE
from service.security import Role
from service.sowing.rules import BASIS_TEXT, METHOD_TEXT, REASON_TEXT

HERE = Path(__file__).parent
STATIC = HERE / "static"
NOTHING = "—"
MU_PER_WAN = 10_000
KG_PER_TONNE = 1000
ROLE_TEXT = {
    Role.RECORDER: "录入员",
    Role.APPROVER: "镇审核",
    Role.BUREAU: "区业务",
    Role.OFFICER: "执法员",
    Role.LEADER: "领导",
    Role.OUTLET: "网点",
    Role.AUDITOR: "审计",
    Role.ADMIN: "管理员",
}
EVENT_TEXT = {
    "file": "填报",
    "submit": "上报",
    "return": "退回",
    "approve": "镇审通过",
    "accept": "区接收",
    "reopen": "重新打开",
    "archive": "归档",
}
SHORT_STATE_TEXT = {
    "pending": "待报",
    "draft": "草稿",
    "submitted": "待审",
    "returned": "退回",
    "approved": "待收",
    "accepted": "已收",
    "archived": "归档",
}
DONE_TEXT = {
    "submit": "已上报,等镇里审核",
    "approve": "已通过,等区里接收",
    "accept": "已接收,这一周的数字从现在起计入进度",
    "return": "已退回,录入员会看到您写的原因",
    "reopen": "已重新打开,改好后须再次上报、审核、接收",
    "exception": "已准予补报",
    "price-entered": "已录入,可以接着录下一个",
    "prices-imported": "表格已录入",
    "price-withdrawn": "已撤销,原来的记录仍可查到",
    "stock-event": "已登记,可以接着登记下一笔",
    "stock-reversal": "已冲正,原来的记录仍可查到",
    "agronomy-reading": "已保存这次读数",
    "agronomy-survey": "已保存这次调查",
    "repair": "已登记检修",
    "training": "已登记培训;只记人数,不留姓名",
    "machinery-withdraw": "已撤销;原来的记录仍可查",
    "outlet-change": "已登记,从所填的日期起生效",
    "campaign": "已登记;抽取只能做一次,请核对后再抽",
    "draw": "已抽取;名单、种子和摘要已公布,谁都可以复算",
    "visit": "已登记这次检查",
    "photo": "照片已保存",
    "sample": "样品已登记",
    "finding": "问题已登记",
    "doubt-run": "已核查一遍",
    "doubt-reply": "已答复,等区里认定",
    "doubt-settle": "已认定",
    "signal-stage": "已记下;举报人凭查询码看得到新的进展",
    "signal-decision": "已记下您的判定",
    "patrol": "已登记这次巡查",
    "unseal-ask": "已提出申请,等审计批准",
    "unseal-answer": "已答复;申请人会在申请里看到",
    "case-step": "已办理这一步",
    "case-term": "已登记法定期限,到期日见下",
    "case-term-step": "已办理这个期限的一步",
    "case-evidence": "已收下证据,判定见下",
    "bulletin-draft": "已拟稿;请改正文,再请一位同事核稿",
    "bulletin-revise": "已改稿,须由另一位同事再核",
    "bulletin-review": "已核稿,可以签发",
    "bulletin-issue": "已签发;文字和数字不再变动",
    "bulletin-correct": "已拟更正稿,核稿、签发后代替原来的一期",
}
WEEKDAYS = "一二三四五六日"


def number(value: Decimal | None, places: int = 2, rounding: str = ROUND_HALF_UP) -> str:
    """Write a number with thousands separators; a dash where there is none."""
    if value is None:
        return NOTHING
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding)
    return f"{rounded if rounded else abs(rounded):,}"


def signed(value: Decimal | None, places: int = 2) -> str:
    """Write a change with its sign."""
    text = number(value, places)
    is_up = value is not None and text.strip("-0.,") != "" and value > 0
    return f"+{text}" if is_up else text.replace("-", "\N{MINUS SIGN}")


def wan(mu: Decimal | None, places: int = 3) -> str:
    """Write an area in 万亩, as leaders read it."""
    return number(mu / MU_PER_WAN if mu is not None else None, places)


def signed_wan(mu: Decimal | None, places: int = 3) -> str:
    """Write a change of area in 万亩."""
    return signed(mu / MU_PER_WAN if mu is not None else None, places)


def percent(share: Decimal | float | None, places: int = 1) -> str:
    """Write a share as a percentage."""
    if share is None:
        return NOTHING
    return f"{number(Decimal(str(share)) * 100, places)}%"


def signed_percent(share: Decimal | None, places: int = 1) -> str:
    """Write a relative change as a percentage with its sign."""
    return NOTHING if share is None else f"{signed(share * 100, places)}%"


def kilograms(kg: Decimal | None) -> str:
    """Write a mass in kg with thousands separators and no trailing zeros."""
    text = number(kg, 3)
    return text.rstrip("0").rstrip(".") if "." in text else text


def tonnes(kg: Decimal | None) -> str:
    """Write a mass in tonnes of three places at most; cut, for a lower bound must not grow."""
    if kg is None:
        return NOTHING
    return kilograms((kg / KG_PER_TONNE).quantize(Decimal("0.001"), ROUND_DOWN))


def plain(value: Decimal | None) -> str:
    """Write a number as one types it: no separators, no trailing zeros."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def month_day(day: date | None) -> str:
    """Write a day as 4月20日."""
    return f"{day.month}月{day.day}日" if day else NOTHING


def weekday(day: date) -> str:
    """Write a day's weekday as 周四."""
    return f"周{WEEKDAYS[day.weekday()]}"


def local(instant: datetime | None) -> str:
    """Write an instant by the clock on the wall."""
    return f"{instant.astimezone(CIVIL_ZONE):%Y-%m-%d %H:%M}" if instant else NOTHING


@cache
def asset(path: str) -> str:
    """Return the address of a static file; it changes with the content."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


@cache
def environment() -> Environment:
    """Return the templates; whatever a user wrote is escaped."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    writers = (number, signed, wan, signed_wan, percent, signed_percent, plain)
    masses = (kilograms, tonnes)
    made.filters |= {each.__name__: each for each in (*writers, *masses, month_day, weekday, local)}
    made.globals |= {
        "asset": asset,
        "STATE_TEXT": STATE_TEXT,
        "SHORT_STATE_TEXT": SHORT_STATE_TEXT,
        "TIMELINESS_TEXT": TIMELINESS_TEXT,
        "METHOD_TEXT": METHOD_TEXT,
        "REASON_TEXT": REASON_TEXT,
        "BASIS_TEXT": BASIS_TEXT,
        "EVENT_TEXT": EVENT_TEXT,
        "ROLE_TEXT": ROLE_TEXT,
    }
    return made


def render(template: str, context: Mapping[str, Any]) -> str:
    """Fill one template."""
    return environment().get_template(template).render(context)
