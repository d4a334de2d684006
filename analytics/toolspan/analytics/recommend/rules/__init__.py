"""The rules: each looks at the evidence and recommends something, or nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from toolspan.analytics.recommend._evidence import Evidence
from toolspan.analytics.recommend._recommendation import Recommendation
from toolspan.analytics.recommend.rules.bad_outcome import bad_outcome
from toolspan.analytics.recommend.rules.broken_tool import broken_tool
from toolspan.analytics.recommend.rules.costly_tool import costly_tool
from toolspan.analytics.recommend.rules.fallback_first import fallback_first
from toolspan.analytics.recommend.rules.loop import loop
from toolspan.analytics.recommend.rules.slow_tool import slow_tool
from toolspan.analytics.recommend.rules.unused_tool import unused_tool
from toolspan.analytics.recommend.rules.useless_retry import useless_retry

Rule = Callable[[Evidence], Iterator[Recommendation]]

RULES: Final[Mapping[str, Rule]] = {
    "broken_tool": broken_tool,
    "bad_outcome": bad_outcome,
    "fallback_first": fallback_first,
    "useless_retry": useless_retry,
    "loop": loop,
    "slow_tool": slow_tool,
    "costly_tool": costly_tool,
    "unused_tool": unused_tool,
}

__all__ = ["RULES", "Rule"]
