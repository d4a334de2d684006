"""Real Prometheus, by the configuration and the rules of this repository, scraping what a test names."""

import json
import urllib.parse
from pathlib import Path
from typing import Any

import yaml

from support.collector import Collector
from support.reference import REPOSITORY
from support.servers import Server, free_ports, get, prometheus_program

FOLDER = REPOSITORY / "deploy" / "prometheus"
CONFIG = FOLDER / "prometheus.yml"
RULES = FOLDER / "rules.yml"

# In place of what is meant for weeks: no test waits longer than it must.
STEP = "200ms"


class Prometheus(Server):
    """Prometheus as deploy/compose.yaml starts it, but for where the collector is and how often it looks."""

    def __init__(self, folder: Path, collector: Collector) -> None:
        (port,) = free_ports(1)
        self.endpoint = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "prometheus.yml"
        document = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
        document["global"] = {"scrape_interval": STEP, "evaluation_interval": STEP}
        targets = {
            "collector:8889": collector.metrics_endpoint,
            "collector:8888": collector.own_endpoint,
        }
        for scraped in document["scrape_configs"]:
            for group in scraped["static_configs"]:
                group["targets"] = [targets[target] for target in group["targets"]]
        config.write_text(yaml.safe_dump(document), encoding="utf-8")
        rules = RULES.read_text(encoding="utf-8").replace("interval: 1m", f"interval: {STEP}")
        (folder / RULES.name).write_text(rules, encoding="utf-8")
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
        found = self._get(f"query?query={urllib.parse.quote(expression)}").get("result", [])
        return {frozenset(item["metric"].items()): float(item["value"][1]) for item in found}

    def rules(self) -> list[dict[str, Any]]:
        """The rules with their state."""
        groups: list[dict[str, Any]] = self._get("rules").get("groups", [])
        return [rule for group in groups for rule in group["rules"]]

    def _get(self, what: str) -> dict[str, Any]:
        body = get(f"{self.endpoint}/api/v1/{what}")
        data: dict[str, Any] = json.loads(body)["data"] if body else {}
        return data
