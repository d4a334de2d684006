"""The MCP servers of the orchestrator: `servers.py stock` and `servers.py shipping`."""

import sys

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

stock = MCPServer("stock")
shipping = MCPServer("shipping")
_asked: dict[str, int] = {}


@stock.tool()
def count(item: str) -> int:
    """How many of `item` there are."""
    return {"tea": 7, "jam": 0}.get(item, 1)


@stock.tool()
def reserve(item: str, number: int) -> str:
    """Set some aside; the first time the shelf is locked."""
    _asked[item] = _asked.get(item, 0) + 1
    if _asked[item] == 1:
        raise ToolError(f"the shelf of {item} is locked")
    return f"{number} {item} reserved"


@shipping.tool()
def quote(city: str) -> float:
    """The price of a parcel to `city`."""
    return 4.5 if city == "Berlin" else 9.0


@shipping.tool()
def ship(city: str, goods: str) -> str:
    """Send it; nobody delivers to Nowhere."""
    if city == "Nowhere":
        raise ToolError("no such city")
    return f"{goods} on the way to {city}"


if __name__ == "__main__":
    {"stock": stock, "shipping": shipping}[sys.argv[1]].run("stdio")
