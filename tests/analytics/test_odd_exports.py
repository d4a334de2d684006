"""Whatever stands in an export where something else should, it costs a span and ends nothing."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from toolspan.analytics.read._decode import Decoder
from toolspan.analytics.read._lines import Line
from toolspan.analytics.read.containers import ClaudeCodeEvents

DATA = Path(__file__).parent / "data"
SAMPLES = sorted(
    path
    for folder in ("claude_code", "phoenix", "mlflow")
    for path in (DATA / folder).rglob("*.json*")
)
ODD = ["null", "true", "0", "-1", "1.5", "NaN", '""', '"x"', "[]", "{}", "[1]", '{"a": 1}', "[[]]",
       "[null]", "[{}]", '{"key": null}', '{"values": [{"value": {}}]}', "9" * 30]  # fmt: skip
TRIES = 60


def documents(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8")
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


def spoil(value: Any, chance: random.Random) -> None:
    """Put something odd into one place of a document."""
    while True:
        place = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
        inner = value[place]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.25:
            value[place] = json.loads(chance.choice(ODD))
            return
        value = inner


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_nothing_odd_ends_the_reading(path: Path) -> None:
    sound = json.dumps(documents(path))
    for seed in range(TRIES):
        chance = random.Random(seed)
        spoilt = json.loads(sound)
        for _ in range(chance.randrange(1, 4)):
            spoil(spoilt, chance)
        decoder = Decoder(path.name, lambda _: None)
        events = ClaudeCodeEvents()
        for number, document in enumerate(spoilt, start=1):
            line = Line(number, 0, json.dumps(document).encode(), is_terminated=True)
            for made in decoder.decode(line):
                json.loads(made)
            if isinstance(document, dict):
                events.add(document)
        for made in (*decoder.rest(), *(json.dumps(each) for each in events.documents())):
            json.loads(made)
