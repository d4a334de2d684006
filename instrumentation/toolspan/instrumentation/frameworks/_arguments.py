"""Arguments as models write them."""

import json
from collections.abc import Mapping
from typing import Final

from toolspan.instrumentation.content import settings
from toolspan.instrumentation.record import OpenCall

_LONGEST: Final = 1_000_000


def prepare_content(call: OpenCall) -> None:
    """Record arguments and result where the switch for content is on."""
    if settings.capture:
        call.capture_content()


def describe_json_arguments(call: OpenCall, arguments: object) -> None:
    """Arguments given as JSON text or as a mapping; anything else is not described."""
    if isinstance(arguments, str):
        if not arguments or len(arguments) > _LONGEST:
            return
        try:
            arguments = json.loads(arguments)
        except ValueError:  # a model may write anything
            return
    if isinstance(arguments, Mapping):
        call.set_arguments(arguments)
