"""The orchestrator of ../plain/orchestrator.py, recorded by decorators; MCP records itself."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from toolspan.instrumentation import (
    track_attempt,
    track_step,
    track_tool_call,
    track_workflow,
)

SERVERS = Path(__file__).resolve().parents[1] / "servers.py"


def tool_of_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """`Desk.call(server, tool)`: the tool's name is an argument."""
    return str(args[2])


def server_of_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Which server has the tool."""
    return {"shop.server": args[1]}


def name_of_workflow(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A workflow is called like its orchestrator."""
    return str(args[0].name)


def session_of_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Which session a call of `run` belongs to."""
    return str(kwargs["session_id"])


def name_of_step(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """`Orchestrator.step(name, work)`."""
    return str(args[1])


class ToolFailedError(Exception):
    """A server said that its tool failed."""


class Desk:
    """Every tool of every server through one method."""

    def __init__(self, clients: dict[str, Client]) -> None:
        self.clients = clients

    @track_tool_call(name=tool_of_call, attributes=server_of_call)
    async def call(self, server: str, tool: str, **arguments: Any) -> Any:
        """Call a tool, once more if it fails."""
        for attempt in (1, 2):
            try:
                return await self.try_once(server, tool, arguments)
            except ToolFailedError:
                if attempt == 2:
                    raise
        return None

    @track_attempt
    async def try_once(self, server: str, tool: str, arguments: dict[str, Any]) -> Any:
        """One try."""
        result = await self.clients[server].call_tool(tool, arguments)
        if result.is_error:
            raise ToolFailedError(f"{server}.{tool}")
        return result.content


class Orchestrator:
    """Runs each step as soon as those it needs are done; what failed stops only what needs it."""

    name = "fulfil_order"

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @track_workflow(name=name_of_workflow, session_id=session_of_call)
    async def run(self, item: str, city: str, session_id: str) -> dict[str, str]:
        """Fulfil one order."""
        steps: dict[str, tuple[list[str], Callable[[], Awaitable[Any]]]] = {
            "check_stock": ([], lambda: self.desk.call("stock", "count", item=item)),
            "get_quote": ([], lambda: self.desk.call("shipping", "quote", city=city)),
            "reserve": (
                ["check_stock"],
                lambda: self.desk.call("stock", "reserve", item=item, number=1),
            ),
            "ship": (
                ["reserve", "get_quote"],
                lambda: self.desk.call("shipping", "ship", city=city, goods=item),
            ),
        }
        done: dict[str, asyncio.Task[str]] = {}
        for name, (needs, work) in steps.items():
            done[name] = asyncio.create_task(self.when_ready(name, needs, work, done))
        return {name: await task for name, task in done.items()}

    async def when_ready(
        self,
        name: str,
        needs: list[str],
        work: Callable[[], Awaitable[Any]],
        done: dict[str, asyncio.Task[str]],
    ) -> str:
        """Wait for what the step needs, then do it."""
        if any([await done[need] != "ok" for need in needs]):
            return "skipped"
        try:
            await self.step(name, work)
        except ToolFailedError:
            return "failed"
        return "ok"

    @track_step(name=name_of_step)
    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> None:
        """One step."""
        await work()


async def main(orders: list[str]) -> None:
    """Each order is an item and a city: `tea:Berlin`."""
    async with AsyncExitStack() as stack:
        clients = {}
        for server in ("stock", "shipping"):
            parameters = StdioServerParameters(
                command=sys.executable, args=[str(SERVERS), server], env=dict(os.environ)
            )
            clients[server] = await stack.enter_async_context(Client(parameters))
        orchestrator = Orchestrator(Desk(clients))
        for number, order in enumerate(orders):
            item, _, city = order.partition(":")
            print(await orchestrator.run(item, city, session_id=f"order-{number}"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["tea:Berlin", "jam:Nowhere"]))
