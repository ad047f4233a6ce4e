"""Alembic's environment: the models of every capability, on the connection that it is given."""

from typing import Any, Literal

from alembic import context

import service.accounts.models
import service.areas.models
import service.audit
import service.demo.models
import service.jobs
import service.reporting.models
import service.sowing.models  # noqa: F401 - imported for the tables that they declare
from service.database import Base, ExactDecimal, UtcInstant


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our column types into a generated migration by their own names."""
    if kind == "type" and isinstance(item, ExactDecimal):
        autogen_context.imports.add("from service.database import ExactDecimal")
        return f"ExactDecimal({item.precision}, {item.scale})"
    if kind == "type" and isinstance(item, UtcInstant):
        autogen_context.imports.add("from service.database import UtcInstant")
        return "UtcInstant()"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out what belongs to GeoPackage and PostGIS."""
    return not (
        kind == "table"
        and name is not None
        and name.startswith(("gpkg_", "rtree_", "spatial_ref_sys", "layer_styles"))
    )


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    include_name=include_name,
    compare_type=False,
)
context.run_migrations()
