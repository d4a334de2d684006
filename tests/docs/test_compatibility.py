"""The compatibility page says what the last run of the frameworks said."""

import json

from support.framework_results import PAGE, RESULT, page


def test_the_page_is_made_from_the_committed_result() -> None:
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    assert PAGE.read_text(encoding="utf-8") == page(result)


def test_no_span_of_a_peer_was_counted() -> None:
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    assert {row["peer_spans_counted"] for row in result["rows"] if row["run"]} == {0}
