"""The empty workbooks of the books: the same content is the same bytes."""

import io
from datetime import datetime

import openpyxl
import pytest

from config.settings import Settings
from service.accounts.policy import may
from service.app import create_app
from service.files import MADE
from service.security import Role

DOCUMENT = create_app(Settings(_env_file=None, jobs=False)).openapi()
TEMPLATES = [path for path in DOCUMENT["paths"] if path.endswith("/template")]
OF_A_WEEK = {"season": "2023-spring", "area": "441803102", "as_of": "2023-04-20"}


def test_there_are_templates_to_try():
    assert len(TEMPLATES) >= 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_template_does_not_tell_when_it_was_made(season, as_role):
    for path in TEMPLATES:
        told = DOCUMENT["paths"][path]["get"]
        role = next(role for role in Role if may(role, told["x-action"]))
        asked = {each["name"] for each in told.get("parameters", [])}
        query = {key: value for key, value in OF_A_WEEK.items() if key in asked}
        answer = as_role(role.value).get(path, **query)
        assert answer.status_code == 200, (path, answer.text)
        said = openpyxl.load_workbook(io.BytesIO(answer.content)).properties
        assert said.created == said.modified == MADE["created"] == datetime(2000, 1, 1), path
