"""What differs between two deployments, read from the environment and `.env`."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, IPvAnyNetwork, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Deployment settings; each is the environment variable `CHUNGENG_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="CHUNGENG_", env_file=".env", frozen=True, extra="forbid"
    )

    database_url: str = "sqlite:///var/chungeng.gpkg"
    """SQLAlchemy URL: an embedded SQLite file, or `postgresql+psycopg://` with PostGIS."""
    mode: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    county_code: Annotated[str, Field(pattern=r"^\d{6}$")] = "441803"
    """The county this deployment works for."""
    backup_directory: Path = Path("var/backups")
    import_directory: Path = Path("var/imports")
    """Where land files that came in are kept, with what was read of them."""
    photo_directory: Path = Path("var/photos")
    """Where the originals of photos are kept by their content; it grows and never changes."""
    informant_key: SecretStr | None = None
    """Key that seals informants: 32 bytes in URL-safe base64; instead of `informant_key_file`."""
    informant_key_file: Path = Path("var/informant.key")
    """Where that key lies; made at the first tip. It is in no backup: keep a copy apart."""
    observation_directory: Path = Path("var/observations")
    """Where series of observations from imagery are kept, with the weights they are made by."""
    font_file: Path | None = None
    """A TrueType font with Chinese characters for PDFs; without one it is looked for."""
    tianditu_key: SecretStr | None = None
    """Key of the national basemap (天地图, browser kind); without one nothing is asked outside.

    Whoever opens the map can read it in their browser: bind it to this site's address.
    """
    demo_password: SecretStr | None = None
    """One password for every demonstration account; random ones when absent."""
    secure_cookies: bool = False
    """True behind TLS: the cookie becomes `__Host-` and `Secure`."""
    session_hours: Annotated[int, Field(ge=1, le=168)] = 12
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks of our own proxies, as `["127.0.0.1"]`: their `X-Forwarded-For` and
    `X-Forwarded-Proto` are believed, nobody else's. None by default; behind a proxy that is not
    named all callers have its address, and limits for one address are limits for all.
    """
    metrics_allowed_from: tuple[str, ...] = ("127.0.0.1", "::1")
    """Client addresses that may read `/metrics`."""
    jobs: bool = True
    """Whether this server also wakes the scheduled jobs."""
    log_json: bool = False

    @model_validator(mode="after")
    def _production_needs_safe_transport(self) -> Self:
        if self.mode == "production" and not self.secure_cookies:
            raise ValueError("production needs CHUNGENG_SECURE_COOKIES=true and TLS in front")
        return self

    @model_validator(mode="after")
    def _not_everybody_is_a_proxy_of_ours(self) -> Self:
        if any(each.prefixlen == 0 for each in self.trusted_proxies):
            raise ValueError("CHUNGENG_TRUSTED_PROXIES must name your own proxies, not everybody")
        return self
