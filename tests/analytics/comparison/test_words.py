"""Differences, intervals and margins as people read them."""

import pytest

from toolspan.analytics.comparison._words import allowed, bounds, change


@pytest.mark.parametrize(
    ("value", "unit", "is_relative", "text"),
    [
        (0.123, "number", True, "+12.3 %"),
        (-0.004, "number", True, "−0.4 %"),  # noqa: RUF001
        (6.02, "number", True, "+602 %"),
        (24.0, "number", True, "25 times"),
        (-0.3, "share", False, "−30.0 points"),  # noqa: RUF001
        (0.0001, "share", False, "±0.0 points"),
        (1500.0, "ms", False, "+1.5 s"),
        (-0.25, "number", False, "−0.25"),  # noqa: RUF001
        (None, "number", False, "–"),  # noqa: RUF001
    ],
)
def test_a_change_has_a_sign_and_its_unit(value, unit, is_relative, text) -> None:
    assert change(value, unit, is_relative=is_relative) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "is_relative", "text"),
    [
        (-0.02, 0.125, "share", False, "−2.0…+12.5"),  # noqa: RUF001
        (-0.02, 0.125, "ms", True, "−2.0…+12.5 %"),  # noqa: RUF001
        (0.5, 24.0, "number", True, "+50.0 %…25 times"),
        (0.5, None, "number", True, "+50.0 %…∞"),
        (None, None, "number", True, "–"),  # noqa: RUF001
    ],
)
def test_an_interval_names_its_unit_once(low, high, unit, is_relative, text) -> None:
    assert bounds(low, high, unit, is_relative=is_relative) == text


@pytest.mark.parametrize(
    ("margin", "unit", "is_relative", "is_higher_better", "text"),
    [
        (0.05, "share", False, True, "−5 points"),  # noqa: RUF001
        (0.05, "share", False, False, "+5 points"),
        (0.15, "ms", True, False, "+15 %"),
        (0.3, "number", False, True, "−0.3"),  # noqa: RUF001
        (0.0, "number", True, False, "no worse"),
        (None, "number", True, False, ""),
    ],
)
def test_a_margin_says_which_way_is_worse(
    margin, unit, is_relative, is_higher_better, text
) -> None:
    found = allowed(margin, unit, is_relative=is_relative, is_higher_better=is_higher_better)
    assert found == text
