"""The file of margins: what it may say, and what is said of mistakes."""

from pathlib import Path

import pytest

from toolspan.analytics import InputError, UsageError
from toolspan.analytics.comparison import Margin, read_margins


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "margins.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        [[margin]]
        quantity = "session_success"
        absolute = 0.03
        [[margin]]
        quantity = "call_p95_ms"
        of = "search_web"
        relative = 0.2
        [[margin]]
        quantity = "score"
        of = "toxicity"
        source = "llm"
        direction = "lower"
        absolute = 0
        """,
    )
    assert read_margins(path) == [
        Margin("session_success", absolute=0.03),
        Margin("call_p95_ms", of="search_web", relative=0.2),
        Margin("score", of="toxicity", source="llm", absolute=0.0, direction="lower"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"expected at least one \[\[margin\]\]$"),
        ("[margin]\nquantity = 'cost'", r"expected at least one \[\[margin\]\]$"),
        ("[[rule]]\nmin = 1", r"expected at least one \[\[margin\]\], not rule"),
        ("[[margin]]\nquantity = 'csot'\nrelative = 1", "not 'csot'; did you mean 'cost'"),
        ("[[margin]]\nquantity = 'cost'", "margin 1 needs either absolute or relative"),
        (
            "[[margin]]\nquantity = 'cost'\nrelative = 0.1\nabsolute = 1",
            "margin 1 needs either absolute or relative",
        ),
        ("[[margin]]\nquantity = 'cost'\nrelativ = 0.1", "'relativ'; did you mean 'relative'"),
        ("[[margin]]\nquantity = 'cost'\nrelative = -1", "relative is 0 or more, not -1"),
        ("[[margin]]\nquantity = 'cost'\nrelative = true", "relative is a number, not True"),
        ("[[margin]]\nquantity = 'cost'\nrelative = nan", "relative is 0 or more, not nan"),
        ("[[margin]]\nquantity = 'loops'\nrelative = 0.1", "loops is a share; give absolute"),
        ("[[margin]]\nquantity = 'loops'\nabsolute = 5", "loops is a share; 5 is all of it"),
        (
            "[[margin]]\nquantity = 'cost'\nof = 'search'\nrelative = 0.1",
            "cost is about sessions as a whole",
        ),
        (
            "[[margin]]\nquantity = 'cost'\ndirection = 'lower'\nrelative = 0.1",
            "source and direction are for scores",
        ),
        (
            "[[margin]]\nquantity = 'score'\ndirection = 'up'\nabsolute = 0.1",
            "direction is higher or lower, not 'up'",
        ),
        ("[[margin]]\nquantity = 'score'\nof = 3\nabsolute = 0.1", "of is a text, not 3"),
        (
            "[[margin]]\nquantity = 'cost'\nrelative = 0.1\n" * 2,
            "margin 2 is about 'cost' again",
        ),
    ],
)
def test_mistakes_are_named_with_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_margins(written(tmp_path, text))
    assert "margins.toml" in str(caught.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_margins(tmp_path / "missing.toml")
    with pytest.raises(InputError, match="no TOML"):
        read_margins(written(tmp_path, "[[margin"))
