"""The digest of a parcel's attributes, by which a repeated import is known to change nothing.

The rule: the values of `ATTRIBUTES`, in that order, as text, joined by the unit separator
(U+001F), in UTF-8, hashed with SHA-256, in hexadecimal. A missing value is U+0000, which no
text of ours holds. Numbers are written as whole millionths of their unit, so that no two
programs can print the same number differently; truth is 1 or 0.
"""

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

TEXTS = (
    "survey_code",
    "parcel_number",
    "land_class",
    "planting_attribute",
    "ownership",
    "owner_code",
    "location_code",
    "location_name",
    "deduction_class",
)
ATTRIBUTES = (
    *TEXTS,
    "deduction_ratio",
    "terrain",
    "slope_grade",
    "strip_width_m",
    "refinement",
    "settlement_attribute",
    "is_enclave",
    "source_year",
    "declared_area_m2",
    "deducted_area_m2",
    "net_area_m2",
    "remark",
    "attributes",
)
SEPARATOR, MISSING = "\x1f", "\x00"
MILLION = 1_000_000
LARGEST = 9e12
"""Above this a number has no millionths; it is written as it is."""


def attribute_digest(frame: pa.Table) -> npt.NDArray[np.object_]:
    """Return the digest of each row of a table with the canonical columns."""
    texts = [_text(frame.column(name).combine_chunks()) for name in ATTRIBUTES]
    joined = pc.binary_join_element_wise(*texts, SEPARATOR).to_numpy(zero_copy_only=False)
    digests = [hashlib.sha256(row.encode()).hexdigest() for row in joined]
    return np.array(digests, dtype=object)


def _text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        column = column.cast(pa.int64()).cast(pa.string())
    elif pa.types.is_floating(kind):
        column = _millionths(column)
    return pc.fill_null(column.cast(pa.string()), MISSING)


def _millionths(column: pa.Array) -> pa.Array:
    values = column.to_numpy(zero_copy_only=False)
    if np.nanmax(np.abs(values), initial=0) > LARGEST:
        return column.cast(pa.string())
    whole = np.rint(np.nan_to_num(values) * MILLION).astype(np.int64)
    return pa.array(whole, mask=np.isnan(values)).cast(pa.string())
