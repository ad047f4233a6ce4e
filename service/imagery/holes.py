"""Which pixels of a raster hold no data: as the file says, or as its values betray."""

from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.enums import MaskFlags
from rasterio.windows import Window as RasterWindow

from config.thresholds import ImageryThresholds
from geo.zonal import CLEAR, NO_DATA
from service.imagery.errors import refusal
from service.imagery.rasters import Source

FILLS = (0, -1, -3000, -9999, -10_000, -32_768, 32_767, 65_535, float(np.finfo(np.float32).min))
"""What programs write where there is nothing."""
TEN_THOUSAND = 10_000

States = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


def holes(
    raster: Any,
    source: Source,
    layers: npt.NDArray[Any],
    area: RasterWindow,
    limits: ImageryThresholds,
) -> States:
    """Return the state of each pixel by its data alone: no data in one band is none at all."""
    state = np.full(layers.shape[1:], CLEAR, np.uint8)
    for layer in layers:
        if layer.dtype.kind == "f":
            state[~np.isfinite(layer)] = NO_DATA
        if source.no_data is not None:
            state[layer == source.no_data] = NO_DATA
    has_mask = MaskFlags.per_dataset in raster.mask_flag_enums[0]
    if has_mask:
        state[raster.dataset_mask(window=area) == 0] = NO_DATA
    if not source.is_index:
        # Nothing on earth is black in every band, whatever the file declares.
        state[(layers == 0).all(axis=0)] = NO_DATA
    if source.no_data is None and not has_mask:
        _take_fills(source, layers, state, limits)
    return state


def _take_fills(
    source: Source, layers: npt.NDArray[Any], state: States, limits: ImageryThresholds
) -> None:
    """Mark what holds one of the usual fills in every layer, and say so."""
    is_fill = (layers == layers[0]).all(axis=0)
    is_fill[is_fill] = np.isin(layers[0][is_fill], FILLS)
    if source.is_index:
        _refuse_doubtful(source, layers, is_fill, state, limits)
    share = float((is_fill | (state == NO_DATA)).mean())
    state[is_fill] = NO_DATA
    what = "为 0、-9999 等填充值" if source.is_index else "各波段同为 0、-9999 等填充值"
    source.notes.append(f"没有写明无数据值;{what}的像元按无数据记,占 {share:.1%}")


def _refuse_doubtful(
    source: Source,
    layers: npt.NDArray[Any],
    is_fill: Bools,
    state: States,
    limits: ImageryThresholds,
) -> None:
    """Refuse where many pixels share a value that may be an index as well as a fill.

    Such are the usual fills, and the least and the greatest value of all.
    """
    counts = dict(zip(*np.unique(layers[0][is_fill], return_counts=True), strict=True))
    for layer in layers:
        rest = layer[(state == CLEAR) & ~is_fill]
        if rest.size:
            counts |= {end: int((rest == end).sum()) for end in (rest.min(), rest.max())}
    most = 1 if layers.dtype.kind == "f" else TEN_THOUSAND
    for value, n in counts.items():
        share = float(n / state.size)
        if abs(float(value)) <= most and share > limits.max_fill_share:
            raise refusal(
                "no_data",
                f"{source.path.name} 没有写明无数据值,又有 {share:.1%} 的像元都是 {value:g},"
                f"看不出是无数据还是观测值;是无数据的请写 --nodata {value:g},"
                "是观测值的写 --nodata nan",
            )
