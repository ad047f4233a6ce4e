"""What every test may use: real data, both databases, a clock that the test moves."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from config.settings import Settings
from service import migrations
from service.accounts.models import Account, LoginSession
from service.app import create_app
from service.areas import actions as areas
from service.database import Database
from service.reporting import actions as reporting
from service.reporting.schemas import SeasonCreate
from service.security import Role, hash_password, new_token, token_hash

# The machines are noisy: no example fails for the time it took, and none is called unhealthy.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")
REQUIRE_ALL = bool(os.environ.get("CHUNGENG_REQUIRE_ALL"))
POSTGIS_URL = os.environ.get("TEST_POSTGIS_URL")
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "a password for tests"
COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"
STORY_START = datetime(2023, 4, 20, 1, 0, tzinfo=UTC)


def skip_or_fail(reason: str) -> None:
    """Skip outside CI; under CI what is missing is a failure."""
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that tests read and the project does not ship."""
    if not SHARED_DATA.is_dir():
        skip_or_fail("the real data (../shared/data) is not here")
    return SHARED_DATA


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return the instant at which it stands."""
        return self.at

    def set(self, at: datetime) -> None:
        """Move it."""
        self.at = at

    def forward(self, **delta: float) -> None:
        """Move it forward."""
        self.at += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    """Thursday 2023-04-20, 09:00 in Shanghai: the week of that day is open."""
    return Clock(STORY_START)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file with the county's areas, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.gpkg"
    _furnish(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgis_template() -> Iterator[sa.URL]:
    """A migrated PostGIS database with the county's areas, to be used as a template."""
    if POSTGIS_URL is None:
        skip_or_fail("TEST_POSTGIS_URL is not set: no PostGIS to test on")
    url = sa.make_url(POSTGIS_URL or "").set(database=f"template_{uuid4().hex[:12]}")
    _postgis_admin(f'CREATE DATABASE "{url.database}" TEMPLATE template0')
    _furnish(url.render_as_string(hide_password=False))
    yield url
    _postgis_admin(f'DROP DATABASE "{url.database}" WITH (FORCE)')


def _postgis_admin(statement: str) -> None:
    engine = sa.create_engine(POSTGIS_URL or "", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _furnish(url: str) -> None:
    database = Database(url, clock=Clock(datetime(2023, 1, 1, tzinfo=UTC)))
    migrations.migrate(database, backup_directory=None)
    with database.system_transaction() as session:
        areas.load_areas(session, areas.shipped_areas())
    database.dispose()


@pytest.fixture(scope="module")
def empty_postgis_url() -> Iterator[str]:
    """The address of an empty PostGIS database."""
    if POSTGIS_URL is None:
        skip_or_fail("TEST_POSTGIS_URL is not set: no PostGIS to test on")
    name = f"empty_{uuid4().hex[:12]}"
    _postgis_admin(f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = sa.make_url(POSTGIS_URL or "").set(database=name)
    yield url.render_as_string(hide_password=False)
    _postgis_admin(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with the schema and the county's areas."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "chungeng.gpkg"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"
        return
    source: sa.URL = request.getfixturevalue("postgis_template")
    name = f"test_{uuid4().hex[:12]}"
    _postgis_admin(f'CREATE DATABASE "{name}" TEMPLATE "{source.database}"')
    yield source.set(database=name).render_as_string(hide_password=False)
    _postgis_admin(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str, clock: Clock, tmp_path: Path) -> Iterator[Database]:
    """A fresh database on each engine."""
    made = Database(database_url, clock=clock)
    made.observation_directory = tmp_path / "observations"
    made.photo_directory = tmp_path / "photos"  # for tests that put photos there by hand
    yield made
    made.dispose()


def spring(year: int) -> SeasonCreate:
    """A spring season of ten Thursdays."""
    return SeasonCreate(
        code=f"{year}-spring",
        title=f"{year}年春播",
        kind="spring",
        crop_year=year,
        starts_on=date(year, 2, 24),
        ends_on=date(year, 5, 4),
        week_ends_on=4,
    )


@pytest.fixture
def season(database: Database) -> str:
    """The spring of 2023 with its tasks."""
    with database.system_transaction() as session:
        return reporting.create_season(session, spring(2023)).code


MakeAccount = Callable[..., Account]


@pytest.fixture(scope="session")
def password_hash() -> str:
    """One Argon2 hash for all test accounts: each takes a fifth of a second."""
    return hash_password(PASSWORD)


@pytest.fixture
def make_account(database: Database, password_hash: str) -> MakeAccount:
    """Make accounts: `make_account("recorder", TAIHE)`."""

    def make(role: str, area_code: str, username: str | None = None) -> Account:
        account = Account(
            username=username or f"{role}-{area_code}",
            display_name=f"{role} {area_code}",
            role=Role(role),
            area_code=area_code,
            password_hash=password_hash,
            created_at=database.clock(),
        )
        with database.system_transaction() as session:
            session.add(account)
        return account

    return make


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a test server: no jobs, backups in the test's folder."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        backup_directory=tmp_path / "backups",
        import_directory=tmp_path / "imports",
        photo_directory=tmp_path / "photos",
        informant_key_file=tmp_path / "informant.key",
        observation_directory=tmp_path / "observations",
        jobs=False,
    )


class As:
    """A client that speaks as one account."""

    def __init__(self, client: TestClient, token: str | None) -> None:
        self.client, self.headers = client, {}
        if token is not None:
            self.headers = {"Authorization": f"Bearer {token}"}

    def _send(self, method: str, path: str, **kwargs):
        path = path if path.startswith("/") else f"/api/v1/{path}"
        headers = self.headers | kwargs.pop("headers", {})
        return self.client.request(method, path, headers=headers, **kwargs)

    def get(self, path: str, **params):
        """GET with query parameters."""
        return self._send("GET", path, params={k: v for k, v in params.items() if v is not None})

    def post(self, path: str, body=None, **kwargs):
        """POST a JSON body."""
        return self._send("POST", path, json=body, **kwargs)

    def send(self, method: str, path: str, **kwargs):
        """Send anything."""
        return self._send(method, path, **kwargs)


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A running application on a fresh database."""
    with TestClient(create_app(settings, database), raise_server_exceptions=False) as running:
        yield running


@pytest.fixture
def as_role(client: TestClient, make_account: MakeAccount, database: Database):
    """Speak as a role in an area: `as_role("recorder", TAIHE).get("me")`."""
    known: dict[tuple[str, str], As] = {}

    def speak(role: str, area_code: str = COUNTY, username: str | None = None) -> As:
        key = (role, area_code, username or "")
        if key not in known:
            account = make_account(role, area_code, username)
            token, now = new_token(), database.clock()
            with database.system_transaction() as session:
                session.add(
                    LoginSession(
                        token_hash=token_hash(token),
                        account_id=account.id,
                        created_at=now,
                        expires_at=now + timedelta(days=3650),
                    )
                )
            known[key] = As(client, token)
        return known[key]

    return speak


@pytest.fixture
def nobody(client: TestClient) -> As:
    """Speak without an account."""
    return As(client, None)
