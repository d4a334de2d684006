"""The real OpenTelemetry Collector, by the configuration of this repository, on free ports."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from support.otlp_protobuf import logs_messages, records, traces_messages
from support.reference import REPOSITORY
from support.servers import Server, collector_program, free_ports, get, until

CONFIG = REPOSITORY / "collector-config.yaml"


def validate(*configs: Path | str) -> subprocess.CompletedProcess[str]:
    """`otelcol validate` on files, or on `yaml:...` texts, merged in this order."""
    arguments = [argument for config in configs for argument in ("--config", str(config))]
    return subprocess.run(
        [collector_program(), "validate", *arguments], capture_output=True, text=True, check=False
    )


class CollectorProgram(Server):
    """The collector with any configuration.

    Args:
        folder: for the log and the overrides.
        config: the configuration; it needs no `health_check`.
        overrides: merged into the configuration, nested as in the file.
        env: variables of the configuration.
    """

    def __init__(
        self,
        folder: Path,
        config: Path,
        overrides: Mapping[str, Any] | None = None,
        *,
        env: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (health,) = free_ports(1)
        to_see_it_start = {
            "extensions": {"health_check": {"endpoint": f"127.0.0.1:{health}"}},
            "service": {"extensions": ["health_check"]},
        }
        override = folder / "override.yaml"
        override.write_text(
            yaml.safe_dump(merged(to_see_it_start, overrides or {})), encoding="utf-8"
        )
        super().__init__(
            [collector_program(), f"--config={config}", f"--config={override}"],
            log=folder / "collector.log",
            ready=f"http://127.0.0.1:{health}",
            env=env,
        )


class Collector(CollectorProgram):
    """The collector with `collector-config.yaml`; its archive is `directory`.

    Args:
        folder: for the archive, the log and the overrides.
        overrides: merged into the configuration, nested as in the file.
        env: variables of the configuration.
        config: in place of `collector-config.yaml`.
    """

    def __init__(
        self,
        folder: Path,
        overrides: Mapping[str, Any] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        config: Path = CONFIG,
    ) -> None:
        self.directory = folder / "archive"
        grpc, http, metrics, own = free_ports(4)
        self.grpc_endpoint = f"http://127.0.0.1:{grpc}"
        self.http_endpoint = f"http://127.0.0.1:{http}"
        self.metrics_endpoint = f"127.0.0.1:{metrics}"
        self.own_endpoint = f"127.0.0.1:{own}"
        ports: dict[str, Any] = {
            "receivers": {
                "otlp": {
                    "protocols": {
                        "grpc": {"endpoint": f"127.0.0.1:{grpc}"},
                        "http": {"endpoint": f"127.0.0.1:{http}"},
                    }
                }
            },
            "connectors": {"span_metrics": {"metrics_flush_interval": "200ms"}},
            "exporters": {"prometheus": {"endpoint": self.metrics_endpoint}},
            "service": {
                "telemetry": {
                    "metrics": {
                        "readers": [
                            {
                                "pull": {
                                    "exporter": {"prometheus": {"host": "127.0.0.1", "port": own}}
                                }
                            }
                        ]
                    }
                }
            },
        }
        super().__init__(
            folder,
            config,
            merged(ports, overrides or {}),
            env={"TOOLSPAN_ARCHIVE_DIR": str(self.directory), **(env or {})},
        )

    def metrics(self) -> dict[str, float]:
        """What Prometheus would scrape, by series."""
        return series(get(f"http://{self.metrics_endpoint}/metrics") or "")

    def own_metrics(self) -> dict[str, float]:
        """What the collector says of itself."""
        return series(get(f"http://{self.own_endpoint}/metrics") or "")

    def archived_spans(self, at_least: int = 0) -> list[dict[str, Any]]:
        """The spans in the archive, rotated files included, once there are so many."""
        return self._archived(traces_messages, "spans", at_least)

    def archived_events(self, at_least: int = 0) -> list[dict[str, Any]]:
        """The log records in the archive, once there are so many."""
        return self._archived(logs_messages, "events", at_least)

    def _archived(self, read: Any, signal: str, at_least: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            found[:] = records(read(self.directory, f"{signal}*.jsonl"))
            return len(found) >= at_least

        until(enough, f"{at_least} {signal} in the archive; there are {len(found)}")
        return found


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, as the collector merges configurations."""
    result = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def series(text: str) -> dict[str, float]:
    """The samples of a Prometheus text by `name{labels}`, without exemplars."""
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.split(" # ")[0].rpartition(" ")
            samples[name] = float(value)
    return samples
