"""What tokens cost, by a dated price table that users can replace."""

from toolspan.instrumentation.cost._prices import (
    Cost,
    Price,
    PriceTable,
    load_prices,
    prices,
    token_cost,
    use_prices,
)

__all__ = ["Cost", "Price", "PriceTable", "load_prices", "prices", "token_cost", "use_prices"]
