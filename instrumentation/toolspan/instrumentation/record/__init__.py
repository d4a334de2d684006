"""How a call becomes spans: opened once, ended once, with an outcome that is true.

What instrumentors build on. The only place that sets a `gen_ai.*` attribute.

- `OpenCall`, `open_call`: the life of one tool call, agent run, workflow or step
- `join_call`: the same on the span of a library that describes the call itself
- `CallsByKey`: open calls of libraries that report start and end apart
- `Prepared`, `Kind`: what is known of a call before it happens
- `current_tracer`, `tracer_of`, `on_provider`: which tracer records, if any
- `begin_attempt`: one try of the open tool call
- `usage_attributes`: what a model's answer says of itself
- `current_context`, `attach`, `detach`, `leave`: the current context, cheaper than the API's own
- `McpRequest`, `Peer`: what a span says about an MCP request
- `SaidInRuns`: what the requests of an agent run repeat, recorded once
- `Identity`: session, user, workflow, agent and step a span belongs to
"""

from toolspan.instrumentation.record._attempts import Attempt, begin_attempt
from toolspan.instrumentation.record._by_key import CallsByKey
from toolspan.instrumentation.record._call import OpenCall
from toolspan.instrumentation.record._context import (
    CALL_KEY,
    FALLBACK_KEY,
    IDENTITY_KEY,
    SPAN_KEY,
    identity_in,
    is_suppressed,
    leave_dropped,
    open_call_in,
    with_identity,
)
from toolspan.instrumentation.record._cost import cost_attributes
from toolspan.instrumentation.record._current import attach, current_context, detach, leave
from toolspan.instrumentation.record._described import Described, described_arguments
from toolspan.instrumentation.record._evaluation import DIRECTIONS, SOURCES, Evaluation
from toolspan.instrumentation.record._foreign import (
    CONTENT_NAMES,
    conversation_of,
    foreign_tool_call_attributes,
    gen_ai_identity,
    identity_below,
    in_agent_of,
    kind_of_work,
    tool_status_of,
)
from toolspan.instrumentation.record._identity import NOBODY, Identity
from toolspan.instrumentation.record._kinds import Kind, Prepared
from toolspan.instrumentation.record._mcp import (
    METRIC_ATTRIBUTES,
    NOBODY_KNOWN,
    McpRequest,
    Peer,
    mcp_tool_content,
    peer_attributes,
)
from toolspan.instrumentation.record._open import (
    describes_same_call,
    join_call,
    open_call,
    unrecorded_call,
)
from toolspan.instrumentation.record._outcome import (
    error_type_of,
    outcome_of_exception,
    returned_failure,
    tell_outcome,
)
from toolspan.instrumentation.record._plain_tool import PlainTool
from toolspan.instrumentation.record._registry import open_calls
from toolspan.instrumentation.record._said_once import SaidInRuns, SaidOnce
from toolspan.instrumentation.record._tracer import (
    current_tracer,
    on_provider,
    records_all,
    tracer_of,
)
from toolspan.instrumentation.record._usage import usage_attributes

__all__ = [
    "CALL_KEY",
    "CONTENT_NAMES",
    "DIRECTIONS",
    "FALLBACK_KEY",
    "IDENTITY_KEY",
    "METRIC_ATTRIBUTES",
    "NOBODY",
    "NOBODY_KNOWN",
    "SOURCES",
    "SPAN_KEY",
    "Attempt",
    "CallsByKey",
    "Described",
    "Evaluation",
    "Identity",
    "Kind",
    "McpRequest",
    "OpenCall",
    "Peer",
    "PlainTool",
    "Prepared",
    "SaidInRuns",
    "SaidOnce",
    "attach",
    "begin_attempt",
    "conversation_of",
    "cost_attributes",
    "current_context",
    "current_tracer",
    "described_arguments",
    "describes_same_call",
    "detach",
    "error_type_of",
    "foreign_tool_call_attributes",
    "gen_ai_identity",
    "identity_below",
    "identity_in",
    "in_agent_of",
    "is_suppressed",
    "join_call",
    "kind_of_work",
    "leave",
    "leave_dropped",
    "mcp_tool_content",
    "on_provider",
    "open_call",
    "open_call_in",
    "open_calls",
    "outcome_of_exception",
    "peer_attributes",
    "records_all",
    "returned_failure",
    "tell_outcome",
    "tool_status_of",
    "tracer_of",
    "unrecorded_call",
    "usage_attributes",
    "with_identity",
]
