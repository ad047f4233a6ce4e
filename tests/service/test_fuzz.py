"""Schemathesis sends what the OpenAPI document allows, and what it does not: no surprise."""

from collections.abc import Callable, Sequence

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.settings import Settings
from service.app import create_app

TAIHE = "441803102"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SPEAKERS = (("recorder", TAIHE), ("bureau", "441803"), ("admin", "441803"))
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings(_env_file=None, jobs=False)).openapi())
BOUNDED = hypothesis_settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def sender(operation, mode: GenerationMode, speakers: Sequence, sent: list[str]) -> Callable:
    """Return a test that sends cases of one operation as each speaker."""

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case) -> None:
        for speaker in speakers:
            told = case.as_transport_kwargs(base_url="http://testserver")
            told["headers"] = dict(told.get("headers") or {}) | speaker.headers
            ready = requests.Request(**told).prepare()
            answer = speaker.client.request(
                ready.method, ready.url, headers=dict(ready.headers), content=ready.body
            )
            sent.append(operation.label)
            if answer.status_code != 405:
                case.validate_response(answer, checks=CHECKS)

    return send


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_request_of_the_document_crashes_or_is_answered_beyond_it(mode, season, as_role):
    sent: list[str] = []
    for result in SCHEMA.get_all_operations():
        operation = result.ok()
        takes_input = operation.body or operation.query or operation.path_parameters
        if operation.path == "/api/v1/sessions":  # each costs an Argon2 hash: see test_accounts
            continue
        if mode is GenerationMode.NEGATIVE and not takes_input:
            continue
        # Anew for each: one of the operations ends the session that asks for it.
        turn = f"-{operation.method}" if operation.method == "delete" else ""
        speakers = [as_role(role, area, f"{role}{turn}") for role, area in SPEAKERS]
        sender(operation, mode, speakers, sent)()
    assert len(set(sent)) > 20
    assert len(sent) > 200
