"""Who plays in the demonstration: its accounts and their passwords."""

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import select

from service import audit
from service.accounts.models import Account
from service.areas import queries as areas
from service.areas.actions import LIST_EDITION
from service.database import Database
from service.security import Role, Viewer, hash_password

COUNTY = "441803"
N_OFFICERS, N_OUTLETS = 12, 3


@dataclass(frozen=True)
class Login:
    """A demonstration account and its password, told once."""

    username: str
    display_name: str
    password: str


def _roles(towns: Mapping[str, str]) -> list[tuple[str, str, Role, str]]:
    found = [
        ("admin", "系统管理员", Role.ADMIN, COUNTY),
        ("bureau", "区农业农村局", Role.BUREAU, COUNTY),
        ("bureau-2", "区农业农村局核稿", Role.BUREAU, COUNTY),
        ("leader", "区领导", Role.LEADER, COUNTY),
        ("auditor", "审计", Role.AUDITOR, COUNTY),
    ]
    for code, name in towns.items():
        found.append((f"recorder-{code}", f"{name}录入员", Role.RECORDER, code))
        found.append((f"approver-{code}", f"{name}审核员", Role.APPROVER, code))
    found += [
        (f"officer-{n + 1}", f"执法员{n + 1}", Role.OFFICER, COUNTY) for n in range(N_OFFICERS)
    ]
    first = min(towns)
    return found + [
        (f"outlet-{n + 1}", f"农资网点{n + 1}", Role.OUTLET, first) for n in range(N_OUTLETS)
    ]


def _hashes(passwords: list[str]) -> list[str]:
    """Hash each password once, side by side: one takes a fifth of a second."""
    different = sorted(set(passwords))
    with ThreadPoolExecutor() as pool:
        hashed = dict(zip(different, pool.map(hash_password, different), strict=True))
    return [hashed[each] for each in passwords]


def create(
    database: Database, towns: Mapping[str, str], password: str | None
) -> tuple[list[Login], dict[str, Viewer]]:
    """Create the accounts, all with the given password or each with a random one of its own."""
    wanted = _roles(towns)
    passwords = [password or secrets.token_urlsafe(9) for _ in wanted]
    viewers = {}
    with database.system_transaction() as session:
        for (username, name, role, area_code), hashed in zip(
            wanted, _hashes(passwords), strict=True
        ):
            account = Account(
                username=username,
                display_name=name,
                role=role,
                area_code=area_code,
                password_hash=hashed,
                created_at=database.clock(),
            )
            session.add(account)
            session.flush()
            viewers[username] = account.as_viewer()
            audit.record(session, "account.create", username, area_code=area_code, role=role)
    logins = [
        Login(username, name, secret)
        for (username, name, _, _), secret in zip(wanted, passwords, strict=True)
    ]
    return logins, viewers


def set_password(database: Database, password: str) -> None:
    """Give every demonstration account this password, when a repeated load brings one."""
    (hashed,) = _hashes([password])
    with database.system_transaction() as session:
        towns = areas.unit_names(session, within=COUNTY, level="town", on=LIST_EDITION)
        names = [username for username, _, _, _ in _roles(towns)]
        for account in session.scalars(select(Account).where(Account.username.in_(names))):
            account.password_hash = hashed
        audit.record(session, "account.change", "demonstration", password="changed")
