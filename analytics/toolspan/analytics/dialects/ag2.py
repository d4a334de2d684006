"""AG2."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

AG2 = Dialect(
    name="ag2",
    source="ag2 1",
    sample="demos/ag2_demo.json",
    scopes=(scopes.AG2,),
)
