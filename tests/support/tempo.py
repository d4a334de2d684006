"""Real Tempo where `TEMPO_BIN` names one, by the configuration of this repository, on loopback."""

import json
import os
import signal
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from support.otlp_protobuf import in_order_of_time, records
from support.reference import REPOSITORY
from support.servers import Server, free_ports, get, until

CONFIG = REPOSITORY / "deploy" / "tempo" / "tempo.yaml"


def tempo_program() -> str:
    """What `TEMPO_BIN` names; skips the test where it names nothing."""
    program = os.environ.get("TEMPO_BIN")
    if not program:
        pytest.skip("Tempo is not here: TEMPO_BIN=/path/to/tempo")
    return program


class Tempo(Server):
    """Tempo as deploy/compose.yaml starts it, but for ports, addresses and folders."""

    def __init__(self, folder: Path) -> None:
        program = tempo_program()
        query, query_grpc, grpc, http, members = free_ports(5)
        self.grpc_endpoint = f"http://127.0.0.1:{grpc}"
        self.http_endpoint = f"http://127.0.0.1:{http}"
        self.query_endpoint = f"http://127.0.0.1:{query}"
        document = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
        document["server"] = {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": query,
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": query_grpc,
        }
        document["memberlist"] = {"bind_addr": ["127.0.0.1"], "bind_port": members}
        protocols = document["distributor"]["receivers"]["otlp"]["protocols"]
        protocols["grpc"]["endpoint"] = f"127.0.0.1:{grpc}"
        protocols["http"]["endpoint"] = f"127.0.0.1:{http}"
        # What the configuration leaves to Tempo's defaults lies below the same folder.
        document["live_store"] = {
            "wal": {"path": "/var/tempo/live-store/traces"},
            "shutdown_marker_dir": "/var/tempo/live-store/shutdown-marker",
        }
        document["backend_scheduler"] = {"local_work_path": "/var/tempo"}
        text = yaml.safe_dump(document).replace("/var/tempo", str(folder / "data"))
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "tempo.yaml"
        config.write_text(text, encoding="utf-8")
        super().__init__(
            [program, "-target=all", f"-config.file={config}"],
            log=folder / "tempo.log",
            ready=f"{self.query_endpoint}/ready",
        )

    def stop(self, with_signal: int = signal.SIGKILL) -> None:
        """End it at once: asked kindly, Tempo waits for a minute and more."""
        super().stop(with_signal)

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace (id in hexadecimal) as the query API gives them, all they say."""
        body = get(f"{self.query_endpoint}/api/v2/traces/{trace_id}")
        return [] if body is None else spans_of_answer(json.loads(body))

    def spans(self, trace_ids: Iterable[str], at_least: int) -> list[dict[str, Any]]:
        """The spans of these traces once there are so many, in the order of time."""
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            found[:] = in_order_of_time([span for each in trace_ids for span in self.trace(each)])
            return len(found) >= at_least

        until(enough, f"{at_least} spans in Tempo; there are {len(found)}")
        return found

    def found_by(self, query: str) -> set[str]:
        """The ids of the traces that a TraceQL query finds."""
        asked = urllib.parse.urlencode({"q": query, "limit": 100})
        body = get(f"{self.query_endpoint}/api/search?{asked}")
        traces = json.loads(body).get("traces", []) if body else []
        return {trace["traceID"].zfill(32) for trace in traces}


def spans_of_answer(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The spans of an answer of `/api/v2/traces` or `/api/traces`.

    It is the JSON of protobuf, not OTLP/JSON: ids in base64, enums by name, and the first list of
    the older answer is called `batches`.
    """
    trace = document.get("trace", document)
    lists = {"resourceSpans": trace.get("resourceSpans", trace.get("batches", []))}
    return records([ParseDict(lists, ExportTraceServiceRequest())])
