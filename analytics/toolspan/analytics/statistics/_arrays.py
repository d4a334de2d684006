"""The array types of the statistics, and ranks."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Numbers = NDArray[Any]


def codes_of(labels: "Numbers") -> "Ints":
    """Labels as whole numbers from 0, in sorted order of the labels."""
    return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64)


def sums_by(labels: "Numbers", values: "Floats") -> "Floats":
    """The sum of `values` for each label, in sorted order of the labels."""
    return np.bincount(codes_of(labels), values).astype(np.float64)


def average_ranks(values: "Floats", codes: "Ints") -> "Floats":
    """Ranks from 1 within each group of `codes`; equal values share the mean of their ranks."""
    order, _, length, rank_of_first = tie_runs(values, codes)
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(rank_of_first + (length - 1) / 2, length)
    return ranks


def lowest_ranks(values: "Floats", codes: "Ints") -> "Ints":
    """Ranks from 1 within each group of `codes`; equal values all have the lowest of theirs."""
    order, _, length, rank_of_first = tie_runs(values, codes)
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.repeat(rank_of_first, length)
    return ranks


def tie_runs(values: "Floats", codes: "Ints") -> "tuple[Ints, Ints, Ints, Ints]":
    """Runs of equal values within groups.

    Returns:
        The order that sorts by group and value, and for each run its first place in that order,
        its length, and the rank of its first value within the group.
    """
    order = np.lexsort((values, codes))
    sorted_codes, sorted_values = codes[order], values[order]
    is_new_group, is_new_value = _changes(sorted_codes), _changes(sorted_values)
    first = np.flatnonzero(is_new_group | is_new_value)
    length = np.diff(np.r_[first, len(values)])
    group_start = np.flatnonzero(is_new_group)[np.cumsum(is_new_group) - 1]
    return order, first, length, first - group_start[first] + 1


def _changes(values: "Numbers") -> "Bools":
    """Where a value differs from the one before it, the first included."""
    found = np.ones(len(values), dtype=np.bool_)
    found[1:] = values[1:] != values[:-1]
    return found
