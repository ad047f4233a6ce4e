"""Columns of a land layer as arrays: blank told from filled, codes told apart once each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from inspections.land_checks import LandCodes

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Severity = Literal["block", "warn"]


@dataclass(frozen=True)
class Rule:
    """One rule about the attributes of a parcel.

    Attributes
    ----------
    code : str
        Its name in findings.
    needs : tuple of str
        Canonical columns without which it cannot be asked; the first is the one in question.
    is_wrong : callable
        Takes the columns and the code lists; returns for each row whether it breaks the rule.
    message_zh : str
        For the user; `{column}` stands for the row's value.
    severity : "block" or "warn"
        Whether an import must stop.
    """

    code: str
    needs: tuple[str, ...]
    is_wrong: Callable[["Columns", "LandCodes"], Flags]
    message_zh: str
    severity: Severity = "warn"

    @property
    def column(self) -> str:
        """The canonical column in question."""
        return self.needs[0]


class Columns:
    """The columns of a frame, made into arrays when they are first asked for.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
        Canonical columns of a layer.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._coded: dict[str, tuple[NDArray[np.intp], list[str]]] = {}

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._frame)

    @cached_property
    def _names(self) -> set[str]:
        return set(self._frame.columns)

    def is_missing(self, name: str) -> bool:
        """Tell whether the frame lacks a column or it holds nothing at all.

        Parameters
        ----------
        name : str
            A canonical column.

        Returns
        -------
        bool
            True if not one row has a value; false for a column without rows.
        """
        if name not in self._names:
            return True
        return len(self) > 0 and not self.is_filled(name).any()

    def numbers(self, name: str) -> Floats:
        """Return a column of numbers, NaN where there is none.

        Parameters
        ----------
        name : str
            A canonical column of numbers or truth values.

        Returns
        -------
        float array, shape (n,)
            In the column's own unit.
        """
        return np.asarray(self._frame[name].to_numpy(dtype=np.float64, na_value=np.nan))

    def text(self, name: str) -> tuple[NDArray[np.intp], list[str]]:
        """Return a column of text as codes into its different values.

        Parameters
        ----------
        name : str
            A canonical column of text.

        Returns
        -------
        codes : int array, shape (n,)
            Index into `values`.
        values : list of str
            Stripped; "" stands for none.
        """
        if name not in self._coded:
            codes, values = pd.factorize(self._frame[name], use_na_sentinel=False)
            shown = [
                each.strip() if isinstance(each, str) else "" if pd.isna(each) else str(each)
                for each in values.tolist()
            ]
            self._coded[name] = codes, shown
        return self._coded[name]

    def where(self, name: str, holds: Callable[[str], bool]) -> Flags:
        """Tell in which rows a text has a property; asked once for each different text.

        Parameters
        ----------
        name : str
            A canonical column of text.
        holds : callable
            Takes the text.

        Returns
        -------
        bool array, shape (n,)
            Whether it holds.
        """
        codes, values = self.text(name)
        answers = np.fromiter((bool(holds(each)) for each in values), bool, len(values))
        return np.asarray(answers[codes]) if len(values) else np.zeros(len(self), dtype=bool)

    def is_filled(self, name: str) -> Flags:
        """Tell in which rows a column has a value.

        Parameters
        ----------
        name : str
            A canonical column of text, numbers or truth values.

        Returns
        -------
        bool array, shape (n,)
            False for null, NaN and blank text.
        """
        column = self._frame[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            return np.asarray(column.notna().to_numpy(dtype=bool))
        return self.where(name, bool)

    def is_repeated(self, *names: str) -> Flags:
        """Tell which rows repeat these texts of an earlier or later row.

        Parameters
        ----------
        *names : str
            Canonical columns of text.

        Returns
        -------
        bool array, shape (n,)
            True for all rows of a set; false where one of the texts is blank.
        """
        key = np.zeros(len(self), dtype=np.int64)
        is_filled = np.ones(len(self), dtype=bool)
        for name in names:
            codes, values = self.text(name)
            # Stripping may have made two values one.
            same, _ = pd.factorize(np.array([*values, ""], dtype=object))
            key = key * (len(values) + 1) + same[codes]
            is_filled &= self.is_filled(name)
        return np.asarray(pd.Series(key).duplicated(keep=False).to_numpy() & is_filled)

    def shown(self, name: str, rows: NDArray[np.intp]) -> list[str]:
        """Return the values of some rows as a user reads them.

        Parameters
        ----------
        name : str
            A canonical column.
        rows : int array, shape (k,)
            Positions.

        Returns
        -------
        list of str
            Numbers without needless zeros, "" for none.
        """
        values: list[Any] = self._frame[name].iloc[rows].tolist()
        return ["" if pd.isna(each) else _shown(each) for each in values]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value).strip()
