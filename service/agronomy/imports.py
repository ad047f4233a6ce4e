"""Tables of the agronomy book."""

from sqlalchemy.orm import Session

from service.agronomy import codes, pest_actions, stations, water, water_actions, weather_actions
from service.agronomy.models import FieldType, Method
from service.agronomy.pest_schemas import SurveyCreate
from service.agronomy.water_schemas import ReadingCreate
from service.agronomy.weather_schemas import WeatherCreate
from service.errors import Invalid
from service.table_layouts import Column, Kind, Layout
from service.tables import ImportReport, Upload, import_rows

FIELD_TEXT = {
    "冬闲田": FieldType.FALLOW,
    "绿肥田": FieldType.GREEN_MANURE,
    "冬种田": FieldType.WINTER_CROP,
    "秧田": FieldType.SEEDBED,
    "本田": FieldType.PADDY,
    "旱作地": FieldType.DRY_CROP,
    "其他": FieldType.OTHER,
}
METHOD_TEXT = {
    "剥查": Method.DISSECTION,
    "拍查": Method.TAPPING,
    "扫网": Method.SWEEPING,
    "目测": Method.VISUAL,
    "其他": Method.OTHER,
}
REASON = Column(
    "reason",
    ("更正原因", "原因", "reason"),
    hint="这一天已有不同的数据时填;填了就作为更正,原来的数据仍可查",
)
AREA = Column("area_code", ("镇村", "镇", "所在镇村", "区划代码", "area_code"), Kind.AREA, {}, True)


def _named(name: str, headings: tuple[str, ...], names: dict[str, str]) -> Column:
    """Return the column of a registered thing, by name or by code."""
    # A workbook cannot offer a choice of nothing.
    return Column(name, headings, Kind.CHOICE if names else Kind.TEXT, names, True)


def weather_layout(session: Session) -> Layout[WeatherCreate]:
    """Return the table of daily weather."""
    names = {each.name: each.code for each in stations.stations(session)}
    return Layout(
        kind="weather",
        title="逐日气象",
        schema=WeatherCreate,
        columns=(
            _named("station_code", ("站点", "站名", "station_code"), names),
            Column("observed_on", ("日期", "observed_on"), Kind.DAY, {}, True),
            Column("mean_c", ("平均气温(℃)", "平均气温", "mean_c"), Kind.NUMBER),
            Column("min_c", ("最低气温(℃)", "最低气温", "min_c"), Kind.NUMBER),
            Column("max_c", ("最高气温(℃)", "最高气温", "max_c"), Kind.NUMBER),
            Column("rain_mm", ("雨量(毫米)", "雨量", "降水量", "rain_mm"), Kind.NUMBER),
            Column("sun_h", ("日照(小时)", "日照", "sun_h"), Kind.NUMBER),
            REASON,
        ),
    )


def reading_layout(session: Session) -> Layout[ReadingCreate]:
    """Return the table of readings of reservoirs."""
    names = {each.name: each.code for each in water.reservoirs(session, area="")}
    return Layout(
        kind="reservoir_readings",
        title="水库蓄水",
        schema=ReadingCreate,
        columns=(
            _named("reservoir_code", ("水库", "水库名", "reservoir_code"), names),
            Column("observed_on", ("日期", "observed_on"), Kind.DAY, {}, True),
            Column(
                "storage_m3",
                ("蓄水量(立方米)", "蓄水量", "storage_m3"),
                Kind.NUMBER,
                is_required=True,
                hint="立方米,不是万立方米",
            ),
            REASON,
        ),
    )


SURVEYS: Layout[SurveyCreate] = Layout(
    kind="pest_surveys",
    title="病虫调查",
    schema=SurveyCreate,
    columns=(
        AREA,
        Column("plot_name", ("地块", "地块名", "plot_name"), is_required=True),
        Column("plot_mu", ("代表面积(亩)", "代表面积", "plot_mu"), Kind.NUMBER, {}, True),
        Column("surveyed_on", ("调查日期", "日期", "surveyed_on"), Kind.DAY, {}, True),
        Column(
            "pest_code",
            ("病虫", "病虫名称", "pest_code"),
            Kind.CHOICE,
            {each.name: each.code for each in codes.pests().values()},
            True,
        ),
        Column("field_type", ("田块类型", "类型田", "field_type"), Kind.CHOICE, FIELD_TEXT, True),
        Column("method", ("调查方法", "方法", "method"), Kind.CHOICE, METHOD_TEXT, True),
        Column("stage", ("虫态", "stage")),
        Column("sampled_m2", ("取样面积(㎡)", "取样面积", "sampled_m2"), Kind.NUMBER, {}, True),
        Column("live", ("活虫数", "活虫", "live"), Kind.INTEGER, {}, True, "没有查到填 0"),
        Column("dead", ("死虫数", "死虫", "dead"), Kind.INTEGER),
        Column("technicians", ("技术人员", "调查人", "technicians"), Kind.LIST, {}, True),
        REASON,
    ),
)


def import_weather(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of daily weather."""
    if not stations.stations(session):
        raise Invalid("还没有登记气象站点;请先登记站点,再导入逐日气象")
    return import_rows(
        session,
        upload,
        weather_layout(session),
        lambda item: weather_actions.file_day(session, item)[1],
    )


def import_readings(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of readings of reservoirs."""
    if not water.reservoirs(session, area=""):
        raise Invalid("还没有登记水库;请先登记水库,再导入蓄水量")
    return import_rows(
        session,
        upload,
        reading_layout(session),
        lambda item: water_actions.file_reading(session, item)[1],
    )


def import_surveys(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of pest surveys."""
    return import_rows(
        session, upload, SURVEYS, lambda item: pest_actions.file_survey(session, item)[1]
    )
