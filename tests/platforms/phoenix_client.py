"""Annotates spans, traces and sessions with Phoenix's own client, and exports what it answers.

Runs in the environment of Phoenix: python phoenix_client.py URL FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
from phoenix.client import Client

PROJECT = "default"


def main(url: str, folder: Path) -> None:
    client = Client(base_url=url)
    spans = client.spans.get_spans(project_identifier=PROJECT, limit=1000)
    roots = sorted(
        (span for span in spans if not span.get("parent_id")), key=lambda span: span["start_time"]
    )
    tools = [span for span in spans if "search" in span["name"]]
    given = []
    for number, root in enumerate(roots):
        session = root["attributes"]["session.id"]
        trace, span = root["context"]["trace_id"], root["context"]["span_id"]
        client.sessions.add_session_annotation(
            session_id=session,
            annotation_name="quality",
            annotator_kind="HUMAN",
            score=1 + number % 5,
            explanation="as read",
            identifier="amy",
            sync=True,
        )
        client.traces.add_trace_annotation(
            trace_id=trace,
            annotation_name="polite",
            annotator_kind="LLM",
            label=("yes", "no")[number % 2],
            identifier="judge-1",
            sync=True,
        )
        client.spans.add_span_annotation(
            span_id=span,
            annotation_name="length",
            annotator_kind="CODE",
            score=number / 10,
            sync=True,
        )
        given.append({"session_id": session, "quality": 1 + number % 5, "number": number})
    for span in tools:
        client.spans.add_span_note(span_id=span["context"]["span_id"], note="seen")

    with httpx.Client(base_url=f"{url}/v1/projects/{PROJECT}") as rest:
        exports: dict[str, Any] = {
            "span": {"span_ids": [span["context"]["span_id"] for span in spans]},
            "trace": {"trace_ids": [root["context"]["trace_id"] for root in roots]},
            "session": {"session_ids": [item["session_id"] for item in given]},
        }
        for kind, asked in exports.items():
            answer = rest.get(f"/{kind}_annotations", params={**asked, "limit": 1000})
            answer.raise_for_status()
            (folder / f"{kind}_annotations.json").write_text(answer.text, encoding="utf-8")
        answer = rest.get("/spans", params={"limit": 1000})
        answer.raise_for_status()
        (folder / "spans.json").write_text(answer.text, encoding="utf-8")
    spans_frame = client.spans.get_spans_dataframe(project_identifier=PROJECT, limit=1000)
    spans_frame.to_parquet(folder / "spans.parquet")
    spans_frame.to_csv(folder / "spans.csv")
    frame = client.spans.get_span_annotations_dataframe(
        span_ids=exports["span"]["span_ids"], project_identifier=PROJECT, limit=1000
    )
    frame.to_csv(folder / "span_annotations.csv")
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
