"""The price table: read from a JSON file, looked up by model, replaced as a whole."""

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from toolspan.conventions import environment

_log = logging.getLogger("toolspan")

_MILLION: Final = 1_000_000
_FIELDS: Final = ("input", "output", "cache_read", "cache_write")

# What providers and gateways put around a model's name: a path before it, a date or tag behind it.
_BEFORE: Final = re.compile(r"^.*[/:](?=[a-z])|^(?:us|eu|apac|global)\.|^anthropic\.|^models/")
_BEHIND: Final = re.compile(
    r"(?:[-@]?20\d{2}-?\d{2}-?\d{2}|-latest|-v\d+(?::\d+)?|:\d+|-\d{3}|@.*)$"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount of money."""

    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class Price:
    """Prices of one model per million tokens.

    Cached tokens cost as much as others where the table says nothing.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by model name, in one currency, as of one day."""

    as_of: str
    currency: str
    models: Mapping[str, Price]

    def price(self, model: str) -> Price | None:
        """The price of `model`; its name may carry a provider before it and a date behind it."""
        name = model.strip().lower()
        while name not in self.models:
            shorter = _BEHIND.sub("", _BEFORE.sub("", name))
            if shorter == name:
                return None
            name = shorter
        return self.models[name]


def load_prices(path: str | os.PathLike[str]) -> PriceTable:
    """The price table in a JSON file.

    `{"as_of": "2026-01-31", "currency": "USD", "models": {"name": {"input": 1.0, "output": 2.0,
    "cache_read": 0.1, "cache_write": 1.25}}}`, per million tokens; the cache prices are optional.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no price table; the message says where.
    """
    return _table(Path(path).read_text(encoding="utf-8"), str(path))


def _table(text: str, where: str) -> PriceTable:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{where} is not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("models"), dict):
        raise ValueError(  # noqa: TRY004  of the file, not of an argument
            f"{where}: expected an object with `as_of`, `currency` and `models`"
        )
    return PriceTable(
        as_of=str(document.get("as_of", "")),
        currency=str(document.get("currency", "USD")),
        models={
            name.lower(): _price(given, f"{where}: models.{name}")
            for name, given in document["models"].items()
        },
    )


def _price(given: Any, where: str) -> Price:
    if not isinstance(given, dict) or not {"input", "output"} <= given.keys() <= set(_FIELDS):
        raise ValueError(f"{where}: expected {', '.join(_FIELDS)} (the last two optional)")
    for field, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
            raise ValueError(f"{where}.{field}: expected a price, found {value!r}")
    return Price(**given)


class _InUse:
    """The table in use, None until it is first asked for."""

    table: PriceTable | None = None


def prices() -> PriceTable:
    """The price table in use.

    That of `use_prices`, else the file `TOOLSPAN_PRICES` names, else the one of this release.
    """
    if _InUse.table is None:
        _InUse.table = _from_environment() or _table(
            files("toolspan.instrumentation.cost")
            .joinpath("prices.json")
            .read_text(encoding="utf-8"),
            "prices.json",
        )
    return _InUse.table


def use_prices(table: PriceTable | None) -> None:
    """Use `table` from now on; None goes back to the default."""
    _InUse.table = table
    _priced.cache_clear()


def _from_environment() -> PriceTable | None:
    path = os.environ.get(environment.TOOLSPAN_PRICES)
    if not path:
        return None
    try:
        return load_prices(path)
    except (OSError, ValueError) as error:
        _log.warning("%s: %s; using the prices of this release", environment.TOOLSPAN_PRICES, error)
        return None


@lru_cache(maxsize=1024)
def _priced(model: str) -> Price | None:
    return prices().price(model)


def token_cost(
    model: str,
    *,
    input_tokens: int,
    output_tokens: int,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
) -> Cost | None:
    """What these tokens cost at the prices in use; None for a model without a price.

    As in the conventions, `input_tokens` includes the cached ones:
    `(input - read - write) * p_input + read * p_read + write * p_write + output * p_output`.
    """
    price = _priced(model)
    if price is None:
        return None
    uncached = max(0, input_tokens - cache_read_tokens - cache_write_tokens)
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    amount = (
        uncached * price.input
        + cache_read_tokens * read
        + cache_write_tokens * write
        + output_tokens * price.output
    ) / _MILLION
    return Cost(amount, prices().currency)
