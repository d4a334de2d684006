"""Real Jaeger, keeping spans in memory, on free ports of loopback."""

import json
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from support.otlp_protobuf import in_order_of_time, records, traces_message
from support.servers import Server, free_ports, get, jaeger_program, until


class Jaeger(Server):
    """Jaeger with what its built-in configuration has, less the old protocols."""

    def __init__(self, folder: Path) -> None:
        grpc, http, query, query_grpc, health = free_ports(5)
        self.grpc_endpoint = f"http://127.0.0.1:{grpc}"
        self.http_endpoint = f"http://127.0.0.1:{http}"
        self.query_endpoint = f"http://127.0.0.1:{query}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "jaeger.yaml"
        document = {
            "extensions": {
                "healthcheckv2": {
                    "use_v2": True,
                    "http": {"endpoint": f"127.0.0.1:{health}"},
                },
                "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 100_000}}}},
                "jaeger_query": {
                    "storage": {"traces": "memory"},
                    "enable_tracing": False,
                    "http": {"endpoint": f"127.0.0.1:{query}"},
                    "grpc": {"endpoint": f"127.0.0.1:{query_grpc}"},
                },
            },
            "receivers": {
                "otlp": {
                    "protocols": {
                        "grpc": {"endpoint": f"127.0.0.1:{grpc}"},
                        "http": {"endpoint": f"127.0.0.1:{http}"},
                    }
                }
            },
            "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
            "service": {
                "extensions": ["healthcheckv2", "jaeger_storage", "jaeger_query"],
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {
                    "traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}
                },
            },
        }
        config.write_text(yaml.safe_dump(document), encoding="utf-8")
        super().__init__(
            [jaeger_program(), f"--config={config}"],
            log=folder / "jaeger.log",
            ready=f"http://127.0.0.1:{health}/status",
        )

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace (id in hexadecimal) as the query API gives them, all they say."""
        document = self._get(f"v3/traces/{trace_id}", raw_traces="true")
        return [] if document is None else records([traces_message(json.dumps(document["result"]))])

    def spans(self, trace_ids: Iterable[str], at_least: int) -> list[dict[str, Any]]:
        """The spans of these traces once there are so many, in the order of time."""
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            found[:] = in_order_of_time([span for each in trace_ids for span in self.trace(each)])
            return len(found) >= at_least

        until(enough, f"{at_least} spans in Jaeger; there are {len(found)}")
        return found

    def found_by(self, service: str, **tags: str) -> set[str]:
        """The ids of the traces that a search in the user interface shows."""
        document = self._get(
            "traces",
            service=service,
            tags=json.dumps(tags),
            start="0",
            end="4000000000000000",
            limit="1000",
        )
        return {trace["traceID"].zfill(32) for trace in (document or {}).get("data", [])}

    def _get(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        body = get(f"{self.query_endpoint}/api/{path}?{query}")
        return None if body is None else json.loads(body)
