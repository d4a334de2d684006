"""Costs: a dated table that users can replace; what a provider says wins."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.recording import Recorded, tool_span
from toolspan.instrumentation import track_agent_run, track_llm_call, track_tool_call
from toolspan.instrumentation.cost import (
    Cost,
    Price,
    PriceTable,
    load_prices,
    prices,
    token_cost,
    use_prices,
)
from toolspan.instrumentation.record import cost_attributes

TABLE = PriceTable(
    as_of="2026-01-31",
    currency="EUR",
    models={"gpt-5": Price(1.0, 10.0, cache_read=0.1, cache_write=2.0), "small": Price(1.0, 2.0)},
)
USAGE = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-5",
    "gen_ai.usage.input_tokens": 1_000_000,
    "gen_ai.usage.output_tokens": 100_000,
}


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    use_prices(TABLE)
    yield
    use_prices(None)


def cost_of(attributes: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        attributes.get(f"gen_ai.usage.cost.{key}") for key in ("amount", "currency", "source")
    )


@pytest.mark.requirement("capability.H-price-table")
@pytest.mark.parametrize(
    ("tokens", "amount"),
    [
        ({"input_tokens": 1_000_000, "output_tokens": 0}, 1.0),
        ({"input_tokens": 0, "output_tokens": 500_000}, 5.0),
        # 1M in all: 400k read at 0.1, 100k written at 2, 500k at 1
        (
            {
                "input_tokens": 1_000_000,
                "output_tokens": 0,
                "cache_read_tokens": 400_000,
                "cache_write_tokens": 100_000,
            },
            0.74,
        ),
        ({"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 1_000_000}, 0.1),
    ],
)
def test_tokens_cost_what_the_table_says(tokens: dict[str, int], amount: float):
    cost = token_cost("gpt-5", **tokens)
    assert cost is not None
    assert cost.amount == pytest.approx(amount)
    assert cost.currency == "EUR"


def test_cached_tokens_without_a_price_cost_as_much_as_others():
    assert token_cost(
        "small", input_tokens=1_000_000, output_tokens=0, cache_read_tokens=500_000
    ) == Cost(1.0, "EUR")


@pytest.mark.parametrize(
    "model",
    [
        "gpt-5",
        "GPT-5",
        "openai/gpt-5",
        "openrouter/openai/gpt-5",
        "gpt-5-2025-08-07",
        "gpt-5-latest",
        "azure:gpt-5",
    ],
)
def test_a_model_is_known_with_provider_and_date(model: str):
    assert token_cost(model, input_tokens=1_000_000, output_tokens=0) == Cost(1.0, "EUR")


@pytest.mark.parametrize("model", ["gpt-5-mini", "gpt-6", "my-gpt-5-finetune", "", "gpt"])
def test_an_unknown_model_has_no_cost(model: str):
    assert token_cost(model, input_tokens=1, output_tokens=1) is None


@pytest.mark.requirement("capability.H-price-table")
def test_the_table_of_the_release_is_dated_and_sane():
    use_prices(None)
    table = prices()
    assert table.as_of >= "2025-01-01"
    assert table.currency == "USD"
    assert len(table.models) >= 20
    for price in table.models.values():
        assert 0 < price.input <= price.output
        assert price.cache_read is None or 0 < price.cache_read < price.input
        assert price.cache_write is None or price.cache_write >= price.input
    for known in ("claude-sonnet-4-5-20250929", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"):
        assert table.price(known) == table.models["claude-sonnet-4-5"]
    assert table.price("gemini-2.0-flash-001") == table.models["gemini-2.0-flash"]


@pytest.mark.requirement("capability.H-price-table")
def test_users_replace_the_table_by_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "prices.json"
    file.write_text(
        json.dumps(
            {
                "as_of": "2026-01-31",
                "currency": "SEK",
                "models": {"Mine": {"input": 3, "output": 4, "cache_read": 1}},
            }
        )
    )
    assert load_prices(file).models == {"mine": Price(3, 4, cache_read=1)}
    use_prices(None)
    monkeypatch.setenv("TOOLSPAN_PRICES", str(file))
    assert token_cost("mine", input_tokens=1_000_000, output_tokens=0) == Cost(3.0, "SEK")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "expected an object with"),
        ('{"models": {"a": {"input": 1}}}', "models.a: expected input, output"),
        ('{"models": {"a": {"input": 1, "output": -1}}}', "models.a.output: expected a price"),
        ('{"models": {"a": {"input": true, "output": 1}}}', "models.a.input: expected a price"),
        ('{"models": {"a": {"input": 1, "output": 1, "x": 1}}}', "models.a: expected"),
    ],
)
def test_a_file_that_is_no_price_table_is_refused_and_not_used(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    text: str,
    says: str,
):
    file = tmp_path / "prices.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=says):
        load_prices(file)
    use_prices(None)
    monkeypatch.setenv("TOOLSPAN_PRICES", str(file))
    assert prices().currency == "USD"
    assert says in caplog.text


@pytest.mark.requirement("capability.H-price-table")
def test_a_model_call_of_ours_says_what_it_cost(recorded: Recorded):
    @track_llm_call(
        name="gpt-5",
        result_attributes=lambda result: {
            "gen_ai.usage.input_tokens": 1_000_000,
            "gen_ai.usage.output_tokens": 100_000,
        },
    )
    def chat() -> None: ...

    chat()
    assert cost_of(recorded.only["attributes"]) == (2.0, "EUR", "local")


@pytest.mark.requirement("capability.H-price-table", "capability.H-authoritative")
@pytest.mark.parametrize(
    ("more", "cost"),
    [
        ({}, (2.0, "EUR", "local")),
        ({"gen_ai.response.model": "small"}, (1.2, "EUR", "local")),
        ({"gen_ai.response.model": "unknown"}, (2.0, "EUR", "local")),
        ({"gen_ai.usage.cost.amount": 0.5}, (0.5, "USD", "provider")),
        (
            {"gen_ai.usage.cost.amount": 0.5, "gen_ai.usage.cost.currency": "GBP"},
            (0.5, "GBP", "provider"),
        ),
        ({"gen_ai.usage.cost": 0.5}, (None, None, None)),
        ({"operation.cost": 0.5}, (None, None, None)),
        ({"gen_ai.request.model": "unknown"}, (None, None, None)),
        ({"gen_ai.operation.name": "invoke_agent"}, (None, None, None)),
        ({"gen_ai.usage.input_tokens": "many"}, (1.0, "EUR", "local")),
    ],
)
def test_a_cost_that_is_given_wins_and_its_source_is_said(
    more: dict[str, Any], cost: tuple[Any, ...]
):
    given = {**USAGE, **more}
    found = cost_of({**given, **cost_attributes(given)})
    assert found[0] == (None if cost[0] is None else pytest.approx(cost[0]))
    assert found[1:] == cost[1:]


def test_a_model_call_without_usage_gets_none(recorded: Recorded):
    with track_llm_call("gpt-5"):
        pass
    assert cost_of(recorded.only["attributes"]) == (None, None, None)


@pytest.mark.requirement("design.3-tool-cost")
def test_a_tool_may_charge_for_itself(recorded: Recorded):
    @track_tool_call(name="search", cost=0.005)
    def fixed() -> None: ...

    @track_tool_call(name="search", cost=lambda result: result["price"], currency="EUR")
    def said() -> dict[str, float]:
        return {"price": 2}

    fixed()
    said()
    with track_tool_call("search") as call:
        call.set_cost(1, "GBP")
    with track_agent_run("a") as run:
        run.set_cost(1)

    def charged(amount: float, currency: str) -> dict[str, Any]:
        return tool_span(
            "search",
            **{"toolspan.tool.cost.amount": amount, "toolspan.tool.cost.currency": currency},
        )

    assert recorded.tree[:3] == [
        charged(0.005, "USD"),
        charged(2.0, "EUR"),
        charged(1.0, "GBP"),
    ]
    assert "toolspan.tool.cost.amount" not in recorded.tree[3]["attributes"]


def test_a_charge_that_raises_or_is_unknown_is_left_out(recorded: Recorded):
    @track_tool_call(name="search", cost=lambda result: result.price)
    def raises() -> None: ...

    @track_tool_call(name="search", cost=lambda result: None)
    def unknown() -> None: ...

    raises()
    unknown()
    assert recorded.tree == [tool_span("search")] * 2
