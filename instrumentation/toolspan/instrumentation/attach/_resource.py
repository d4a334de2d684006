"""Name each process after its own program.

`OTEL_SERVICE_NAME` is inherited by the programs that a program starts, so a default put there would
give an agent's name to its MCP servers as well. A resource detector names each process by itself.
"""

import os
import sys

from opentelemetry.sdk.resources import SERVICE_NAME, Resource, ResourceDetector

from toolspan.conventions.environment import TOOLSPAN_SERVICE_NAME
from toolspan.instrumentation.attach._service import is_service_named, service_name


class ServiceNameDetector(ResourceDetector):
    """Names this process after its own program, unless the user has named the service."""

    def detect(self) -> Resource:
        """`service.name`, or nothing."""
        if is_service_named(os.environ):
            return Resource({})
        name = service_name(sys.orig_argv, os.environ.get(TOOLSPAN_SERVICE_NAME))
        os.environ[TOOLSPAN_SERVICE_NAME] = name  # for workers that this process starts
        return Resource({SERVICE_NAME: name})
