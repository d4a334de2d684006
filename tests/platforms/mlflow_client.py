"""Logs feedback with MLflow's own client, and exports traces as it gives them.

Runs in the environment of MLflow: python mlflow_client.py URL FOLDER
"""

import json
import sys
from pathlib import Path

import mlflow
from mlflow.entities import AssessmentError, AssessmentSource, AssessmentSourceType


def main(url: str, folder: Path) -> None:
    mlflow.set_tracking_uri(url)
    traces = sorted(
        mlflow.search_traces(locations=["0"], return_type="list", max_results=500),
        key=lambda trace: trace.info.request_time,
    )
    human = AssessmentSource(AssessmentSourceType.HUMAN, "amy")
    judge = AssessmentSource(AssessmentSourceType.LLM_JUDGE, "gpt-4o")
    given = []
    for number, trace in enumerate(traces):
        trace_id = trace.info.trace_id
        mlflow.log_feedback(
            trace_id=trace_id,
            name="quality",
            value=1 + number % 5,
            source=human,
            rationale="as read",
        )
        mlflow.log_feedback(trace_id=trace_id, name="polite", value=bool(number % 2), source=judge)
        mlflow.log_feedback(
            trace_id=trace_id,
            name="broken",
            source=judge,
            error=AssessmentError(error_code="RATE_LIMIT", error_message="later"),
        )
        mlflow.log_expectation(trace_id=trace_id, name="answer", value="42", source=human)
        given.append({"trace_id": trace_id, "quality": 1 + number % 5, "number": number})
    again = mlflow.search_traces(locations=["0"], return_type="list", max_results=500)
    lines = "".join(trace.to_json().replace("\n", " ") + "\n" for trace in again)
    (folder / "traces.jsonl").write_text(lines, encoding="utf-8")
    frame = mlflow.search_traces(locations=["0"], max_results=500)
    frame.to_parquet(folder / "frame.parquet")
    frame.to_json(folder / "frame.json", orient="records", default_handler=str)
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
