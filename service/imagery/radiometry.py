"""What the numbers of a raster mean: scale, offset, no data; judged by the pixels themselves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from config.thresholds import ImageryThresholds
from geo.zonal import NO_DATA
from service.imagery.errors import refusal
from service.imagery.rasters import Given, Source

TEN_THOUSAND = 1e-4
SAMPLED = 1_000_000
"""Pixels that are judged, evenly spread over the window."""
BASELINE_WITH_OFFSET = (4, 0)
OFFSET_DN = -1000.0
PERCENT = 100
GREENER = 0.1
"""Some of any land is, so that integers which are not by a scale of 10,000 have another one."""


@dataclass(frozen=True)
class Scaling:
    """A value is (raw + offset) x scale."""

    scale: float
    offset: float


def scaling_of(
    source: Source,
    layers: npt.NDArray[Any],
    state: npt.NDArray[np.uint8],
    given: Given,
    limits: ImageryThresholds,
) -> Scaling:
    """Return how raw values are read; what had to be guessed is noted, what cannot be is refused.

    `layers` are those of `source.places`, in that order.
    """
    sample = _sample(layers, state)
    if not sample.size:
        return Scaling(given.scale or source.scale or 1.0, given.offset or source.offset)
    scale = given.scale or source.scale
    if source.is_index:
        scale = scale or _index_scale(source, sample)
        offset = source.offset if given.offset is None else given.offset
        _refuse_no_index(source, (sample + offset) * scale, limits)
        return Scaling(scale, offset)
    scale = scale or _reflectance_scale(source, sample)
    offset = _reflectance_offset(source, sample * scale, scale, given, limits)
    _refuse_negative(source, (sample[sample != 0] + offset) * scale, limits)
    return Scaling(scale, offset)


def _sample(layers: npt.NDArray[Any], state: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    step = max(1, int(np.sqrt(state.size / SAMPLED)))
    seen = state[::step, ::step] != NO_DATA
    return layers[:, ::step, ::step][:, seen].astype(np.float64)


def _index_scale(source: Source, sample: npt.NDArray[np.float64]) -> float:
    high = float(np.nanpercentile(np.abs(sample), 99))
    if np.dtype(source.dtype).kind == "f":
        if high > PERCENT:
            raise refusal(
                "scale",
                f"{source.path.name} 的指数大到 {high:.0f},像是放大了 10,000 倍;"
                "请加 --scale 0.0001",
            )
        return 1.0
    if high * TEN_THOUSAND <= GREENER:
        raise refusal(
            "scale",
            f"{source.path.name} 的指数是 {high:.0f} 以内的整数;请用 --scale 和 --offset 说明",
        )
    source.notes.append("指数存成整数,按放大 10,000 倍读")
    return TEN_THOUSAND


def _refuse_no_index(
    source: Source, values: npt.NDArray[np.float64], limits: ImageryThresholds
) -> None:
    evi = list(source.places).index("EVI") if "EVI" in source.places else -1
    most = np.ones((len(values), 1))
    if evi >= 0:
        most[evi] = limits.max_evi
    share = float((np.abs(values) > most).mean())
    if share > limits.max_odd_share:
        raise refusal(
            "out_of_range",
            f"{source.path.name} 有 {share:.1%} 的像元不在指数的取值范围(NDVI 为 -1 到 1);"
            "请核对是不是指数、无数据值(--nodata)和比例(--scale)",
        )
    if share > 0:
        source.notes.append(f"{share:.2%} 的像元超出指数的取值范围,不计")


def _reflectance_scale(source: Source, sample: npt.NDArray[np.float64]) -> float:
    high = float(np.nanpercentile(sample, 99))
    is_float = np.dtype(source.dtype).kind == "f"
    if is_float and high <= 2:  # noqa: PLR2004 - clouds and glint reach beyond 1, never beyond 2
        return 1.0
    if is_float and high <= PERCENT:
        raise refusal(
            "scale", f"{source.path.name} 的反射率大到 {high:.0f},像是百分数;请加 --scale 0.01"
        )
    if is_float:
        raise refusal(
            "scale",
            f"{source.path.name} 的反射率大到 {high:.0f},像是放大了 10,000 倍;请加 --scale 0.0001",
        )
    if not PERCENT < high <= 2 / TEN_THOUSAND:
        raise refusal(
            "scale", f"{source.path.name} 的 99% 分位是 {high:.0f},不像反射率;请用 --scale 说明"
        )
    source.notes.append("整数反射率,按哨兵二号的惯例除以 10,000")
    return TEN_THOUSAND


def _reflectance_offset(
    source: Source,
    sample: npt.NDArray[np.float64],
    scale: float,
    given: Given,
    limits: ImageryThresholds,
) -> float:
    if given.offset is not None:
        return given.offset
    if source.offset:
        return source.offset
    dark = _darkest(sample)
    is_lifted = dark >= limits.offset_dark_reflectance
    ours = OFFSET_DN * TEN_THOUSAND / scale
    if source.baseline is not None and source.baseline >= BASELINE_WITH_OFFSET:
        said = f"处理基线 {source.baseline[0]:02d}.{source.baseline[1]:02d}"
        if not is_lifted:
            source.notes.append(f"{said},暗处反射率 {dark:.3f}:+0.1 偏移已减过,不再减")
            return 0.0
        source.notes.append(f"{said},暗处反射率 {dark:.3f}:还带着 +0.1 偏移,已减去 {-ours:.0f}")
        return ours
    if is_lifted:
        raise refusal(
            "offset",
            f"{source.path.name} 最暗处的反射率也有 {dark:.3f},像是处理基线 04.00 起的 +0.1 偏移"
            f"没有减去;请加 --offset {ours:g},确实没有偏移的写 --offset 0",
        )
    return 0.0


def _darkest(sample: npt.NDArray[np.float64]) -> float:
    """Return what the darkest 1 % reflect in the darkest band; nought is a fill, not a measure."""
    lit = (band[band > 0] for band in sample)
    return min((float(np.percentile(band, 1)) for band in lit if band.size), default=0.0)


def _refuse_negative(
    source: Source, values: npt.NDArray[np.float64], limits: ImageryThresholds
) -> None:
    share = float((values < 0).mean())
    if share > limits.max_odd_share:
        raise refusal(
            "offset",
            f"{source.path.name} 减去偏移以后有 {share:.1%} 的反射率是负的;请核对 --offset",
        )
