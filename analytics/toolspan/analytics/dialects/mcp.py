"""Spans of MCP clients and servers, the Python SDK's own included."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import attributes as a
from toolspan.conventions import scopes
from toolspan.conventions.operations import MCP_TOOLS_CALL

MCP = Dialect(
    name="mcp",
    source="OpenTelemetry MCP conventions; MCP Python SDK 2.3 (names its client spans "
    "`MCP send tools/call TOOL` and sets no tool name)",
    sample="golden",
    keys=(a.MCP_METHOD_NAME, "mcp.method"),
    scopes=(scopes.MCP_PYTHON_SDK,),
    kinds={
        a.MCP_METHOD_NAME: {MCP_TOOLS_CALL: "tool", "*": "other"},
        "mcp.method": {MCP_TOOLS_CALL: "tool", "*": "other"},
    },
    kind_by_name={
        f"{scopes.MCP_SDK_CLIENT_SPAN_PREFIX}{MCP_TOOLS_CALL} ": "tool",
        scopes.MCP_SDK_CLIENT_SPAN_PREFIX: "other",
    },
    facts={
        "tool_name": (
            a.GEN_AI_TOOL_NAME,
            "mcp.tool.name",
            f"@name:{scopes.MCP_SDK_CLIENT_SPAN_PREFIX}{MCP_TOOLS_CALL} ",
            f"@name:{MCP_TOOLS_CALL} ",
        ),
        "mcp_method": (a.MCP_METHOD_NAME, "mcp.method"),
        "mcp_server": ("mcp.server.name",),
        "mcp_address": (a.SERVER_ADDRESS,),
        "error_type": (a.ERROR_TYPE, a.RPC_RESPONSE_STATUS_CODE, "mcp.error.code"),
    },
    # A failure may be told in the result alone.
    failures={
        a.GEN_AI_TOOL_CALL_RESULT: ('contains:"isError":true', 'contains:"isError": true'),
    },
)
