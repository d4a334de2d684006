"""An orchestrator: steps that wait for each other, retries, parallel branches, two MCP servers."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

SERVERS = Path(__file__).resolve().parents[1] / "servers.py"


class ToolFailedError(Exception):
    """A server said that its tool failed."""


class Desk:
    """Every tool of every server through one method."""

    def __init__(self, clients: dict[str, Client]) -> None:
        self.clients = clients

    async def call(self, server: str, tool: str, **arguments: Any) -> Any:
        """Call a tool, once more if it fails."""
        for attempt in (1, 2):
            try:
                return await self.try_once(server, tool, arguments)
            except ToolFailedError:
                if attempt == 2:
                    raise
        return None

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
