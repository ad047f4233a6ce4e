"""Alembic's environment: the models of every capability, on the connection that it is given."""

from typing import Any, Literal

from alembic import context

import service.accounts.models
import service.agronomy.models
import service.areas.models
import service.audit
import service.bulletins.models
import service.cases.models
import service.cases.term_models
import service.demo.models
import service.doubts.models
import service.jobs
import service.machinery.models
import service.parcels.models
import service.photos.models
import service.reporting.models
import service.screening.models
import service.signals.models
import service.sowing.models
import service.supply.models
import service.supply.price_models
import service.supply.stock_models
import service.visits.campaign_models
import service.visits.models
from service.columns import ExactDecimal, SurveyNumber, UtcInstant
from service.database import Base
from service.space import Geometry


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our column types into a generated migration by their own names."""
    if kind == "type" and isinstance(item, ExactDecimal):
        autogen_context.imports.add("from service.columns import ExactDecimal")
        return f"ExactDecimal({item.precision}, {item.scale})"
    if kind == "type" and isinstance(item, SurveyNumber):
        autogen_context.imports.add("from service.columns import SurveyNumber")
        return f"SurveyNumber({item.precision}, {item.scale})"
    if kind == "type" and isinstance(item, Geometry):
        autogen_context.imports.add("from service.space import Geometry")
        return f'Geometry("{item.kind}")'
    if kind == "type" and isinstance(item, UtcInstant):
        autogen_context.imports.add("from service.columns import UtcInstant")
        return "UtcInstant()"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out what belongs to GeoPackage and PostGIS, and the spatial indexes."""
    if kind == "index":
        return not str(name).endswith("_geometry")
    foreign = ("gpkg_", "rtree_", "spatial_ref_sys", "layer_styles")
    return not (kind == "table" and str(name).startswith(foreign))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
    include_name=include_name,
    compare_type=False,
)
context.run_migrations()
