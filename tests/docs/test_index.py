"""The documentation can be found: the index lists every page, and no link leads nowhere."""

import re
from pathlib import Path

import pytest

from support.reference import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
]


def links(page: Path) -> list[str]:
    """Where the page's links lead that stay in the repository, without their anchors."""
    text = re.sub(
        r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text))
    return [link.partition("#")[0] for link in found if not re.match(r"\w+:|#", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_no_link_leads_nowhere(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_the_index_lists_every_page_once() -> None:
    listed = [(DOCS / link).resolve() for link in links(DOCS / "README.md")]
    pages = [page for page in DOCS.rglob("*.md") if page != DOCS / "README.md"]
    assert sorted(listed) == sorted(page.resolve() for page in pages)
