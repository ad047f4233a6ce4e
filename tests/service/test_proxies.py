"""Behind a proxy: whose word about the caller's address is believed."""

import pytest
import uvicorn
from fastapi.testclient import TestClient
from pydantic import ValidationError

from config.settings import Settings
from service import cli
from service.app import create_app
from tests.signal_files import tip

PROXY, STRANGER = "10.1.2.3", "203.0.113.77"


@pytest.fixture
def served(settings, database, monkeypatch):
    """The site as `chungeng serve` runs it, asked from an address: `served(PROXY, named)`."""

    def serve(address: str, *proxies: str) -> TestClient:
        told = settings.model_dump() | {"trusted_proxies": proxies}
        own = Settings(_env_file=None, **told)
        asked: dict = {}
        monkeypatch.setattr(cli, "Settings", lambda: own)
        monkeypatch.setattr(cli.uvicorn, "run", lambda app, **options: asked.update(options))
        cli.serve(workers=1)
        names = ("proxy_headers", "forwarded_allow_ips")
        config = uvicorn.Config(
            create_app(own, database), log_config=None, **{name: asked[name] for name in names}
        )
        config.load()
        return TestClient(config.loaded_app, client=(address, 1))

    return serve


def statuses(client: TestClient, limit: int, forwarded: str) -> list[int]:
    """Send one tip more than an address may, each said to come from another caller."""
    answers = []
    for k in range(limit + 1):
        headers = {"X-Forwarded-For": forwarded.format(k)}
        said = tip(k, claim="other", lon=113 + k / 100)
        answers.append(client.post("/api/v1/tips", data=said, headers=headers).status_code)
    return answers


def test_by_default_nobodys_word_is_believed(served, database):
    limit = database.thresholds.signals.tips_per_address
    with served(PROXY) as client:
        assert statuses(client, limit, "198.51.100.{}") == [201] * limit + [429]


def test_a_proxy_that_was_named_tells_callers_apart_and_a_stranger_does_not(served, database):
    limit = database.thresholds.signals.tips_per_address
    with served(PROXY, "10.1.2.0/24") as client:
        assert statuses(client, limit, "198.51.100.{}") == [201] * (limit + 1)
    with served(STRANGER, "10.1.2.0/24") as client:
        assert statuses(client, limit, "192.0.2.{}")[-1] == 429


def test_what_a_caller_wrote_before_the_proxy_is_not_the_caller(served, database):
    limit = database.thresholds.signals.tips_per_address
    with served(PROXY, PROXY) as client:
        assert statuses(client, limit, "198.51.100.{}, " + STRANGER)[-1] == 429


@pytest.mark.parametrize("named", ["0.0.0.0/0", "::/0", "*", "proxy.example", "10.1.2.3/8"])
def test_not_everybody_nor_a_name_is_a_proxy(named):
    with pytest.raises(ValidationError):
        Settings(_env_file=None, trusted_proxies=(named,))
