"""Real Prometheus, scraping what a test names."""

import json
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from support.servers import Server, free_ports, get, prometheus_program


class Prometheus(Server):
    """Scrapes `targets` every 200 ms; `rules` are files of rules."""

    def __init__(self, folder: Path, targets: Sequence[str], rules: Sequence[Path] = ()) -> None:
        (port,) = free_ports(1)
        self.endpoint = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "prometheus.yml"
        document = {
            "global": {"scrape_interval": "200ms", "evaluation_interval": "200ms"},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [
                {
                    "job_name": "tools",
                    "honor_labels": True,
                    "static_configs": [{"targets": list(targets)}],
                }
            ],
        }
        config.write_text(yaml.safe_dump(document), encoding="utf-8")
        super().__init__(
            [
                prometheus_program(),
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            log=folder / "prometheus.log",
            ready=f"{self.endpoint}/-/ready",
        )

    def query(self, expression: str) -> dict[frozenset[tuple[str, str]], float]:
        """The samples of an expression by their labels."""
        body = get(f"{self.endpoint}/api/v1/query?query={urllib.parse.quote(expression)}")
        results: list[dict[str, Any]] = json.loads(body or '{"data":{"result":[]}}')["data"][
            "result"
        ]
        return {frozenset(item["metric"].items()): float(item["value"][1]) for item in results}
