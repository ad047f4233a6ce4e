"""The steps from a file of known kind to the result and its report."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geo import ellipsoid, reference, systems
from service.landfiles import canonical, findings, overlaying, presets, vector, wkb
from service.landfiles.kinds import Source
from service.landfiles.limits import STAGES, Limits, Refusal
from service.landfiles.surroundings import Around, write_table

MAX_LATITUDE = 90
MAX_LONGITUDE = 180
Progress = Callable[[str, int, int], None]
Geometries = npt.NDArray[np.object_]
Request = Mapping[str, Any]


def read(source: Source, request: Request, limits: Limits, progress: Progress) -> dict[str, Any]:
    """Read a file as far as it can be read without asking; say what has to be asked."""
    options = request["options"]
    around = Around(Path(request["surroundings"]) if request.get("surroundings") else None)
    step = _Steps(progress)
    step("read")
    layer = vector.read(source, layer=options["layer"], encoding=options["encoding"], limits=limits)
    report = _described(source, layer)
    if layer.layers:
        return report | {"state": "needs_layer", "layers": layer.layers}
    if not layer.table.num_rows:
        raise Refusal("no_features", "图层里没有图斑")
    kind, mapping = _mapping(layer.table, options, report)
    step("geometry")
    shapes = wkb.parse(layer.table.column(canonical.GEOMETRY), limits)
    report |= {
        "n_features": layer.table.num_rows,
        "n_vertices": shapes.vertices,
        "n_with_height": shapes.with_height,
        "bbox_in_file": _box(shapes.geometries),
    }
    if report["bbox_in_file"] is None:
        raise Refusal("no_coordinates", "没有一个图斑有可读的几何,文件可能损坏")
    step("reference")
    code = _reference(shapes.geometries, layer.crs, options["crs"], around, report)
    if mapping is None or code is None:
        return report | {"state": "needs_mapping" if mapping is None else "needs_crs"}
    geometries = _moved(shapes.geometries, code)
    report["bbox"] = _box(geometries)
    step("attributes")
    frame = canonical.attributes(layer.table, mapping, list(report["personal"]), limits)
    del layer, shapes
    result = _examined(frame, geometries, kind, request, around, report, step)
    step("write")
    write_table(Path("result.arrow"), result)
    step.end()
    return report | {"state": "ready"}


class _Steps:
    """Tells how many of the steps are done."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def __call__(self, stage: str) -> None:
        self.progress(stage, STAGES.index(stage), len(STAGES))

    def end(self) -> None:
        self.progress(STAGES[-1], len(STAGES), len(STAGES))


def _described(source: Source, layer: vector.Layer) -> dict[str, Any]:
    personal = presets.personal_fields(layer.table.column_names)
    return {
        "file_kind": source.kind,
        "layer": layer.name,
        "warnings": layer.warnings,
        "encoding": {"name": layer.encoding, "reason_zh": layer.encoding_reason},
        "personal": {name: canonical.filled(layer.table.column(name)) for name in personal},
        "fields": canonical.described(layer.table.drop_columns(personal), presets.propose),
    }


def _mapping(
    table: pa.Table, options: Request, report: dict[str, Any]
) -> tuple[str, dict[str, str] | None]:
    """Take the mapping that was asked for, else that of the preset which fits."""
    preset = presets.best_preset(table.column_names, options["kind"])
    mapping = options["mapping"]
    if mapping is None and preset is not None:
        mapping = preset.mapping
    else:
        preset = None
    kind = options["kind"] or (preset.kind if preset else "parcels")
    report |= {
        "kind": kind,
        "preset": preset and {"kind": preset.kind, "score": preset.score},
        "mapping": mapping or {},
    }
    for name in mapping or {}:
        if name in report["personal"]:
            raise Refusal("personal", f"字段 {name[:40]} 是个人信息,不导入", field=name)
    return kind, mapping


def _box(geometries: Geometries) -> list[float] | None:
    box = shapely.total_bounds(geometries)
    return None if np.isnan(box).any() else [float(each) for each in box]


def _reference(
    geometries: Geometries,
    declared: str | None,
    asked: str | None,
    around: Around,
    report: dict[str, Any],
) -> str | None:
    """Say which coordinate system to read by; None where a person must."""
    points = shapely.get_coordinates(geometries)
    thought = reference.reason(points, around.county, declared)
    report["reference"] = {
        "declared": declared,
        "chosen": thought.chosen and vars(thought.chosen),
        "runner_up": thought.runner_up and vars(thought.runner_up),
        "is_certain": thought.is_certain,
        "source": thought.source,
        "text_zh": thought.text_zh,
        "candidates": [vars(each) for each in thought.candidates],
    }
    if asked is not None:
        report["reference"] |= {"code": asked, "source": "asked"}
        return asked
    if not thought.is_certain or thought.chosen is None:
        return None
    report["reference"]["code"] = thought.chosen.code
    return thought.chosen.code


def _moved(geometries: Geometries, code: str) -> Geometries:
    try:
        moved: Geometries = systems.transform(geometries, code)
    except ValueError as error:
        box = _box(geometries) or [0, 0, 0, 0]
        is_swapped = MAX_LATITUDE < max(box[1], box[3]) <= MAX_LONGITUDE
        hint = ";经度和纬度可能颠倒了" if is_swapped else ""
        raise Refusal("coordinates", f"有坐标按 {code[:30]} 换算不出经纬度{hint}") from error
    return moved


def _examined(
    frame: pa.Table,
    geometries: Geometries,
    kind: str,
    request: Request,
    around: Around,
    report: dict[str, Any],
    step: _Steps,
) -> pa.Table:
    step("exam")
    exam = findings.examine(
        frame, geometries, kind, request["options"], around, report["mapping"].values()
    )
    # What enters the book is the repaired geometry, so that is what has an area and a standing.
    usable = np.where(shapely.is_missing(exam.repaired), geometries, exam.repaired)
    areas_m2 = ellipsoid.areas_m2(usable)
    report |= exam.report | {"areas": findings.area_comparison(frame, areas_m2)}
    columns = {
        "row": pa.array(np.arange(1, len(geometries) + 1, dtype=np.int32)),
        "geometry": pa.array(shapely.to_wkb(geometries, byte_order=1), pa.binary()),
        "repaired": pa.array(shapely.to_wkb(exam.repaired, byte_order=1), pa.binary()),
        **{name: frame.column(name) for name in frame.column_names if name != "attributes"},
        "ellipsoidal_area_m2": pa.array(areas_m2),
        "attributes": frame.column("attributes"),
    }
    step("compare")
    compared = overlaying.compare(pa.table(columns), usable, kind, request["options"], around)
    report |= compared.report
    return compared.result
