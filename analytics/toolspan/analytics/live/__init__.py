"""Files that grow: the same tables and measures, of what has arrived so far.

`_growth` finds what files have got, `_tables` keeps the tables of the model right, `_follow` makes
that traces to be asked; `_look` finds what a page of them shows, and `_page` lays it out.
"""

from toolspan.analytics.live._follow import LiveTraces, follow
from toolspan.analytics.live._look import Look, look
from toolspan.analytics.live._page import clock, headline, page

__all__ = ["LiveTraces", "Look", "clock", "follow", "headline", "look", "page"]
