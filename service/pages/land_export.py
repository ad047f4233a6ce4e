"""Taking a layer of the book out by a form; scripts ask the API for the same."""

from typing import Any

from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from service.areas import queries as areas
from service.errors import Invalid, ServiceError, field_problems
from service.pages.page import PageFrame
from service.parcels import exports
from service.parcels.codes import KIND_TEXT
from service.parcels.exports import Exported
from service.parcels.queries import Moment
from service.parcels.schemas import ExportOrder
from service.schemas import Text

FORMATS = {
    "gpkg": "GeoPackage(推荐)",
    "shp": "Shapefile(ZIP)",
    "parquet": "GeoParquet",
    "geojson": "GeoJSON",
    "xlsx": "Excel(只有属性,没有图形)",
}
SYSTEMS = {
    "EPSG:4490": "CGCS2000 经纬度(EPSG:4490)",
    "EPSG:4526": "CGCS2000 3 度带 38 带,带带号(EPSG:4526)",
    "EPSG:4547": "CGCS2000 中央经线 114°,不带带号(EPSG:4547)",
    "EPSG:4326": "WGS 84 经纬度(EPSG:4326)",
}
LABEL = {"layer": "图层", "format": "格式", "crs": "坐标系", "area": "范围", "on": "账本日期"}


class ExportForm(BaseModel):
    """The fields of the form; nothing of it is believed before it is read as an order."""

    layer: Text = "parcels"
    format: Text = "gpkg"
    crs: Text = "EPSG:4490"
    area: Text = ""
    on: Text = ""


def choices(page: PageFrame, asked: ExportForm | None = None) -> dict[str, Any]:
    """Return what the form offers, and what was asked last."""
    today = Moment.of(page.session).on
    own = page.viewer.area_code
    return {
        "formats": FORMATS,
        "systems": SYSTEMS,
        "layers": {kind.value: text for kind, text in KIND_TEXT.items()},
        "own": own,
        "towns": areas.unit_names(page.session, within=own, level="town", on=today),
        "asked": asked or ExportForm(area=own, on=today.isoformat()),
    }


def taken_out(page: PageFrame, asked: ExportForm) -> Exported | ServiceError:
    """Return the file that was asked for, or why there is none."""
    try:
        return exports.export(page.session, page.viewer, _order(asked))
    except ServiceError as refusal:
        return refusal


def _order(asked: ExportForm) -> ExportOrder:
    said = {name: value for name, value in asked.model_dump().items() if value}
    try:
        return ExportOrder.model_validate(said)
    except ValidationError as error:
        first = field_problems(error.errors())[0]
        field = first["field"].split(".")[0]
        raise Invalid(f"{LABEL.get(field, field)}:{first['allowed']}", field=field) from error


def attached(made: Exported) -> Response:
    """Return the file as an attachment."""
    headers = {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "X-Chungeng-Notes": made.header(),
    }
    return Response(made.content, media_type=made.media_type, headers=headers)
