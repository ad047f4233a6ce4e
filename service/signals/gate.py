"""The gate before what is open to everybody: how often, from one address and from all.

It stands before a request's body is read: what it turns away costs no disk and no database.
Addresses are held in memory only, for some minutes, and are written nowhere: an address tells
who the informant is.
"""

import ipaddress
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from fastapi import Request, Response

from service.accounts.access import address_of
from service.errors import TooManyAttempts
from service.schemas import StrictRoute
from service.security import READING_METHODS

MAX_ADDRESSES = 10_000
IPV6_HOME = 64
"""Bits of an IPv6 address that one household has to itself."""
MINUTE = timedelta(minutes=1)
EVERYBODY = "*"
TIPS, STATUS = "tips", "status"


@dataclass(frozen=True)
class Allowance:
    """How many in how long."""

    most: int
    within: timedelta


class Counted:
    """When each key was let through of late; the keys longest silent are forgotten first."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()
        self._turn = Lock()

    def wait(
        self, kind: str, allowances: dict[str, Allowance], now: datetime
    ) -> tuple[str, timedelta] | None:
        """Let one through under every key, or tell which key must wait, and how long."""
        with self._turn:
            held = {key: self._recent((kind, key), a, now) for key, a in allowances.items()}
            for key, allowance in allowances.items():
                if len(held[key]) >= allowance.most:
                    return key, held[key][0] + allowance.within - now
            for key, times in held.items():
                times.append(now)
                self._times[kind, key] = times
                self._times.move_to_end((kind, key))
            while len(self._times) > MAX_ADDRESSES:
                self._times.popitem(last=False)
            return None

    def _recent(self, key: tuple[str, str], allowance: Allowance, now: datetime) -> deque[datetime]:
        times = self._times.get(key, deque())
        while times and times[0] <= now - allowance.within:
            times.popleft()
        return times


def household(address: str) -> str:
    """Return what counts as one address: of IPv6 the network that one household has."""
    try:
        told = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if told.version == 4:  # noqa: PLR2004 - the version of the protocol
        return address
    return str(ipaddress.ip_network((told, IPV6_HOME), strict=False))


def admit(request: Request, kind: str) -> None:
    """Let a request of the public through, or say when to come again."""
    state = request.app.state
    limits = state.thresholds.signals
    within = timedelta(minutes=limits.address_minutes)
    own = household(address_of(request))
    if kind == STATUS:
        allowances = {own: Allowance(limits.status_per_address, within)}
    else:
        allowances = {
            own: Allowance(limits.tips_per_address, within),
            EVERYBODY: Allowance(limits.tips_per_minute, MINUTE),
        }
    refused = state.counted.wait(kind, allowances, state.database.clock())
    if refused is not None:
        raise _too_many(*refused)


def _too_many(key: str, wait: timedelta) -> TooManyAttempts:
    seconds = max(1, math.ceil(wait.total_seconds()))
    where = "现在提交的人太多" if key == EVERYBODY else "这个网络地址提交得太多"
    return TooManyAttempts(
        f"{where},请 {seconds} 秒后再试,已填的内容请先留着;急事请打电话给镇政府或农业农村局",
        headers={"Retry-After": str(seconds)},
    )


class TipRoute(StrictRoute):
    """A route by which the public brings something: counted before its body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the gate before everything else of the route."""
        handle = super().get_route_handler()

        async def gated(request: Request) -> Response:
            if request.method not in READING_METHODS:
                admit(request, TIPS)
            return await handle(request)

        return gated
