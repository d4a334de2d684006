"""One page on what works, what does not and what to do: text, Markdown, HTML, or data.

`gather` measures and finds the words; the renderers add nothing but layout.
"""

from toolspan.analytics.report._facts import Facts, gather
from toolspan.analytics.report._html import to_html
from toolspan.analytics.report._markdown import report_markdown
from toolspan.analytics.report._record import report_record
from toolspan.analytics.report._terminal import to_terminal

__all__ = ["Facts", "gather", "report_markdown", "report_record", "to_html", "to_terminal"]
