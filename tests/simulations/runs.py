"""Pairs of runs whose truth is known, made without traces.

What differs between sessions: the workflow (its mix differs between BASE and NEW), the session
itself (its calls are alike), and for tasks how hard each is. NEW is worse than BASE in every
quantity by `harm` margins.
"""

import math
from dataclasses import dataclass

import numpy as np

from toolspan.analytics.comparison import Margin, Run
from toolspan.analytics.comparison._sessions import Calls, ScoreName

SCORE = ("quality", "human")
# What is judged, and by how much NEW may be worse.
MARGINS = (
    Margin("session_success", absolute=0.1),
    Margin("tool_success", absolute=0.03),
    Margin("session_p50_ms", relative=0.2),
    Margin("call_p95_ms", relative=0.25),
    Margin("cost", relative=0.2),
    Margin("tokens", relative=0.2),
    Margin("loops", absolute=0.1),
    Margin("score", of="quality", absolute=0.4),
)
WORKFLOWS = ("triage", "refund", "search")


@dataclass(frozen=True, slots=True)
class World:
    """How runs are made.

    Attributes:
        sessions: of each run; tasks where they are paired.
        harm: by how many margins NEW is worse.
        is_paired: whether both runs do the same tasks.
        is_mixed: whether the runs differ in how much there is of each workflow.
    """

    sessions: int
    harm: float = 0.0
    is_paired: bool = False
    is_mixed: bool = True

    def truth(self, margin: Margin) -> float:
        """The true difference of a quantity, on the scale of its interval."""
        if margin.is_relative:
            return math.log(1 + self.harm * margin.amount)
        is_lower_better = margin.quantity == "loops"
        return (1 if is_lower_better else -1) * self.harm * margin.amount


def pair_of_runs(random: np.random.Generator, world: World) -> tuple[Run, Run]:
    """BASE and NEW."""
    n = world.sessions
    mixes = ((0.5, 0.3, 0.2), (0.25, 0.35, 0.4) if world.is_mixed else (0.5, 0.3, 0.2))
    workflows = [random.choice(3, n, p=mix) for mix in mixes]
    hard = [random.normal(0, 1, n) for _ in mixes]
    if world.is_paired:
        workflows[1], hard[1] = workflows[0], hard[0]
    return (
        _run(random, workflows[0], hard[0], 0.0, "b"),
        _run(random, workflows[1], hard[1], world.harm, "n"),
    )


def _run(
    random: np.random.Generator,
    workflow: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    hard: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    harm: float,
    prefix: str,
) -> Run:
    n = len(workflow)
    amounts = {margin.quantity: margin.amount for margin in MARGINS}
    level = np.array([0.0, 0.5, -0.4])[workflow]
    chance = np.clip(0.75 - 0.1 * workflow + 0.12 * np.tanh(hard), 0.12, 1)
    is_ok = random.random(n) < chance - harm * amounts["session_success"]
    calls = 1 + random.poisson(4 + workflow)
    places = np.repeat(np.arange(n), calls)
    effect = 0.4 * random.normal(0, 1, n) + 0.3 * hard + level
    call_ms = np.exp(5 + effect[places] + 0.6 * random.normal(0, 1, len(places)))
    call_ms *= 1 + harm * amounts["call_p95_ms"]
    own = random.beta(9, 1, n)
    ok = random.random(len(places)) < own[places] - harm * amounts["tool_success"] * (
        own[places] / 0.9
    )
    duration = np.exp(9 + 0.5 * hard + level + 0.4 * random.normal(0, 1, n))
    cost = np.exp(-3 + 0.5 * hard + level + 0.5 * random.normal(0, 1, n))
    tokens = np.exp(10 + 0.4 * hard + level + 0.3 * random.normal(0, 1, n))
    loop = random.random(n) < 0.06 + 0.02 * workflow + harm * amounts["loops"]
    stars = 6 - 0.6 * hard - 0.5 * workflow + random.normal(0, 1, n) - harm * amounts["score"]
    numbers = {
        "is_ok": is_ok.astype(float),
        "duration_ms": duration * (1 + harm * amounts["session_p50_ms"]),
        "tool_calls": calls.astype(float),
        "failed_calls": np.bincount(places, ~ok, n),
        "tokens": tokens * (1 + harm * amounts["tokens"]),
        "cost": cost * (1 + harm * amounts["cost"]),
        "has_loop": loop.astype(float),
    }
    labels = {
        "workflow_name": np.array(WORKFLOWS, dtype=object)[workflow],
        "task": np.array([f"t{number}" for number in range(n)], dtype=object),
    }
    return Run(
        np.array([f"{prefix}{number}" for number in range(n)], dtype=object),
        numbers,
        labels,
        Calls(places, np.full(len(places), "search", dtype=object), ok, ~ok, call_ms),
        {SCORE: stars},
        {SCORE: ScoreName(*SCORE, "higher", (None, None))},
    )
