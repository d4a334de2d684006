"""rotel, an OTLP hop that shares no code with the collector or the SDK: receives, batches, sends on."""

import importlib.util
from pathlib import Path

import pytest

from support.servers import Server, free_ports


class Rotel(Server):
    """Passes what it receives on to `exporter_endpoint`, over gRPC or HTTP."""

    def __init__(self, folder: Path, exporter_endpoint: str, *, protocol: str) -> None:
        found = importlib.util.find_spec("rotel")
        if found is None or found.origin is None:
            pytest.skip("rotel is not installed: pip install --pre rotel")
        grpc, http = free_ports(2)
        self.grpc_endpoint = f"http://127.0.0.1:{grpc}"
        self.http_endpoint = f"http://127.0.0.1:{http}"
        command = [
            Path(found.origin).with_name("rotel-agent"),
            "start",
            *("--otlp-grpc-endpoint", f"127.0.0.1:{grpc}"),
            *("--otlp-http-endpoint", f"127.0.0.1:{http}"),
            *("--exporter", "otlp"),
            *("--otlp-exporter-endpoint", exporter_endpoint),
            *("--otlp-exporter-protocol", protocol),
            *("--batch-timeout", "50ms"),
        ]
        super().__init__(command, log=folder / "rotel.log", ready=http)
