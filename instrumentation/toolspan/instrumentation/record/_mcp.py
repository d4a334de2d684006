"""What a span says about one MCP request: names and attributes of the MCP conventions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from toolspan.conventions.attributes import (
    CLIENT_ADDRESS,
    CLIENT_PORT,
    ERROR_TYPE,
    GEN_AI_OPERATION_NAME,
    GEN_AI_PROMPT_NAME,
    GEN_AI_TOOL_CALL_ARGUMENTS,
    GEN_AI_TOOL_CALL_RESULT,
    GEN_AI_TOOL_NAME,
    JSONRPC_REQUEST_ID,
    MCP_METHOD_NAME,
    MCP_PROTOCOL_VERSION,
    MCP_RESOURCE_URI,
    MCP_SESSION_ID,
    NETWORK_PROTOCOL_NAME,
    NETWORK_TRANSPORT,
    RPC_RESPONSE_STATUS_CODE,
    SERVER_ADDRESS,
    SERVER_PORT,
    TOOLSPAN_MCP_ARGUMENTS_SIZE,
    TOOLSPAN_MCP_RESULT_SIZE,
    TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH,
)
from toolspan.conventions.operations import EXECUTE_TOOL, MCP_TOOLS_CALL
from toolspan.instrumentation.content import arguments_hash, encode, settings

_PROMPTS_GET: Final = "prompts/get"

METRIC_ATTRIBUTES: Final = frozenset(
    {
        MCP_METHOD_NAME,
        MCP_PROTOCOL_VERSION,
        GEN_AI_OPERATION_NAME,
        GEN_AI_PROMPT_NAME,
        GEN_AI_TOOL_NAME,
        ERROR_TYPE,
        NETWORK_PROTOCOL_NAME,
        NETWORK_TRANSPORT,
        RPC_RESPONSE_STATUS_CODE,
        SERVER_ADDRESS,
        SERVER_PORT,
    }
)
"""Which attributes of a request's span its duration is measured by: few values each."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end, and how it is reached; None where it is not known."""

    network_transport: str | None = None
    """`pipe` for stdio, `tcp` for HTTP."""
    network_protocol: str | None = None
    address: str | None = None
    port: int | None = None
    session_id: str | None = None


NOBODY_KNOWN: Final = Peer()


@dataclass(frozen=True, slots=True)
class McpRequest:
    """One JSON-RPC request of the Model Context Protocol, as its message says."""

    method: str
    params: Mapping[str, Any]
    request_id: str | None = None
    protocol_version: str | None = None

    @property
    def tool(self) -> str | None:
        """The tool that is called."""
        return self._text("name") if self.method == MCP_TOOLS_CALL else None

    @property
    def prompt(self) -> str | None:
        """The prompt that is asked for."""
        return self._text("name") if self.method == _PROMPTS_GET else None

    @property
    def span_name(self) -> str:
        """The method and, for tools and prompts, their name; a URI would be one name too many."""
        target = self.tool or self.prompt
        return f"{self.method} {target}" if target else self.method

    def _text(self, key: str) -> str | None:
        value = self.params.get(key)
        return value if isinstance(value, str) else None

    def attributes(self) -> dict[str, Any]:
        """What is known when the request starts."""
        found: dict[str, Any] = {
            MCP_METHOD_NAME: self.method,
            JSONRPC_REQUEST_ID: self.request_id,
            MCP_PROTOCOL_VERSION: self.protocol_version,
            GEN_AI_PROMPT_NAME: self.prompt,
            MCP_RESOURCE_URI: self._text("uri"),
        }
        if self.method == MCP_TOOLS_CALL:
            found[GEN_AI_OPERATION_NAME] = EXECUTE_TOOL
            found[GEN_AI_TOOL_NAME] = self.tool
        return {key: value for key, value in found.items() if value is not None}


def peer_attributes(peer: Peer, *, is_server: bool) -> dict[str, Any]:
    """Transport and session; on a server's span the peer is the client."""
    found = {
        NETWORK_TRANSPORT: peer.network_transport,
        NETWORK_PROTOCOL_NAME: peer.network_protocol,
        CLIENT_ADDRESS if is_server else SERVER_ADDRESS: peer.address,
        CLIENT_PORT if is_server else SERVER_PORT: peer.port,
        MCP_SESSION_ID: peer.session_id,
    }
    return {key: value for key, value in found.items() if value is not None}


def mcp_tool_content(
    request: McpRequest, result: Mapping[str, Any] | None, *, is_logical: bool
) -> dict[str, Any]:
    """Sizes of arguments and result; for the logical call their hash and, if captured, text.

    Sizes are characters. Arguments that a JSON-RPC message carries are plain data already.
    """
    arguments = request.params.get("arguments")
    arguments = arguments if isinstance(arguments, dict) else {}
    encoded = encode(arguments)
    found: dict[str, Any] = {TOOLSPAN_MCP_ARGUMENTS_SIZE: encoded.size}
    shown = None if result is None else _shown(result)
    answer = None if shown is None else encode(shown)
    if answer is not None:
        found[TOOLSPAN_MCP_RESULT_SIZE] = answer.size
    if is_logical:
        if settings.hash_bytes is not None:
            digest = arguments_hash(arguments, settings.hash_bytes)
            found[TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH] = digest
        if settings.capture:
            found[GEN_AI_TOOL_CALL_ARGUMENTS] = encoded.text
            if answer is not None:
                found[GEN_AI_TOOL_CALL_RESULT] = answer.text
    return found


def _shown(result: Mapping[str, Any]) -> Any:
    """What the tool gave back: structured content if there is any, else the content blocks."""
    structured = result.get("structuredContent")
    return result.get("content") if structured is None else structured
