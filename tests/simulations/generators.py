"""Sessions made by chance, with the truth known.

Three generators are those of the reference simulations, taken from their files as they stand: the
statements that make data are cut out of the scripts and run, what analyses them is not. `mixed` is
our own, with another mechanism.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from support.reference import shared
from toolspan.analytics.findings import Exposure, Study

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run of a generator made.

    Attributes:
        study: the sessions.
        exposures: the tools that were used in them.
    """

    study: Study
    exposures: list[Exposure]


def confounded(
    random: np.random.Generator, n: int, scenario: str, scores: str, effect: float = 0.0
) -> Sample:
    """`assoc.py`: difficulty and tool use both depend on workflow, user, or both.

    Args:
        random: where chance comes from.
        n: sessions.
        scenario: `none`, `strat` (workflow), `user` or `both`.
        scores: `cont`, `ord` or `bin`.
        effect: of the tool, in standard deviations of the noise.
    """
    space = _space("assoc.py", random)
    workflow, user, used, y = space["gen"](n, scenario, scores, effect)
    users = user.astype(str).astype(object) if scenario in ("user", "both") else None
    # The script has no lengths: calls of other tools, unrelated to everything.
    others = random.poisson(6, n) + 1
    own = used.astype(np.int64)
    study = Study(y, {"workflow": _labels(workflow)}, others + own, users)
    return Sample(study, [Exposure("tool", used, own)])


def longer_when_hard(random: np.random.Generator, n: int) -> Sample:
    """`len.py`: hard tasks take more calls, and each call may be the tool's; it has no effect."""
    space = _space("len.py", random) | {"n": n}
    exec(_cut("len.py", "y"), space)
    length, used = space["L"], space["x"]
    # How often it was called, given that it was: each call is its with a chance of 15 %.
    none = 0.85**length
    draws = stats.binom.ppf(none + random.random(n) * (1 - none), length, 0.15)
    own = np.where(used > 0, np.clip(draws, 1, length), 0).astype(np.int64)
    study = Study(space["y"], {"workflow": _labels(space["s"])}, length.astype(np.int64))
    return Sample(study, [Exposure("tool", used, own)])


def many_tools(random: np.random.Generator, n: int, effect: float | None = None) -> Sample:
    """`cs.py`: twenty tools, used more or less in each workflow; at most the first matters."""
    space = _space("cs.py", random) | {"n": n, "T": 20, "K": 4, "eff": effect}
    exec(_cut("cs.py", "y"), space)
    used = space["X"]
    own = used.astype(np.int64)
    # A call of each tool that was used, and some of other tools.
    lengths = own.sum(1) + random.poisson(3, n)
    study = Study(space["y"], {"workflow": _labels(space["s"])}, lengths)
    exposures = [Exposure(f"tool {j}", used[:, j], own[:, j]) for j in range(used.shape[1])]
    return Sample(study, exposures)


def mixed(random: np.random.Generator, n: int, effect: float = 0.0, tools: int = 1) -> Sample:
    """Ours: another mechanism for everything.

    Ratings of one to five stars with skewed noise, by users of whom some are generous; two
    workflows with two agents each. Hard tasks take more calls of other tools (negative binomial,
    so with a long tail) and score less. The tool is reached for after many other calls, and when
    it is, it is called one to four times: what it adds to the length says nothing of the task.
    """
    difficulty = random.gamma(2.0, 0.5, n)
    workflow, agent = random.integers(0, 2, n), random.integers(0, 2, n)
    user = random.integers(0, max(6, n // 4), n)
    generosity = random.normal(0, 0.7, user.max() + 1)
    others = random.negative_binomial(3, 1 / (1 + np.exp(0.4 + 0.6 * difficulty) / 3)) + 1
    exposures = []
    extra = np.zeros(n, dtype=np.int64)
    pull = np.zeros(n)
    for number in range(tools):
        lean = random.normal(0, 0.8, (2, 2))
        chance = 1 / (1 + np.exp(1.2 - lean[workflow, agent] - 0.25 * np.log(others)))
        used = (random.random(n) < chance).astype(np.float64)
        own = np.where(used > 0, random.integers(1, 5, n), 0)
        extra += own
        if number == 0:
            pull = effect * used
        exposures.append(Exposure(f"tool {number}", used, own))
    noise = random.gumbel(0, 0.8, n)
    liking = 0.8 * workflow - 0.5 * agent - difficulty + generosity[user] + noise + pull
    stars = np.digitize(liking, [-1.6, -0.6, 0.4, 1.4]).astype(np.float64) + 1
    factors = {"workflow": _labels(workflow), "agent": _labels(agent)}
    users = user.astype(str).astype(object)
    return Sample(Study(stars, factors, others + extra, users), exposures)


def _labels(codes: NDArray[Any]) -> NDArray[np.object_]:
    return codes.astype(str).astype(object)


def _space(script: str, random: np.random.Generator) -> dict[str, Any]:
    """What the script defines, with our source of chance."""
    space: dict[str, Any] = {"np": np, "stats": stats}
    exec(_definitions(script), space)
    return space | {"rng": random} if script != "assoc.py" else _bound(space, random)


def _bound(space: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    space["rng"] = random  # functions look it up where they were defined
    return space


@cache
def _tree(script: str) -> ast.Module:
    return ast.parse(shared("reference", "sim", script).read_text(encoding="utf-8"))


@cache
def _definitions(script: str) -> Any:
    """Functions and plain constants of the script, without its imports and its loops."""
    kept: list[ast.stmt] = [
        node
        for node in _tree(script).body
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
    ]
    return compile(ast.Module(kept, []), script, "exec")


@cache
def _cut(script: str, last: str) -> Any:
    """The statements that make the data: those of the innermost block up to `last`."""
    for block in _blocks(_tree(script).body):
        ends = [number for number, node in enumerate(block) if _assigns(node, last)]
        if ends and _assigns(block[0], "s"):
            return compile(ast.Module(block[: ends[-1] + 1], []), script, "exec")
    raise LookupError(f"{script}: no block assigns s first and then {last}")


def _blocks(body: list[ast.stmt]) -> Iterable[list[ast.stmt]]:
    yield body
    for node in body:
        yield from _blocks(getattr(node, "body", []))


def _assigns(node: ast.stmt, name: str) -> bool:
    """Whether the statement gives `name` a value, maybe on a condition."""
    if isinstance(node, ast.If):
        return any(_assigns(inner, name) for inner in node.body)
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in node.targets
    )
