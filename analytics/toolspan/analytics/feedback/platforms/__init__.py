"""The platforms whose exports are understood, a file each.

Each has `recognises(record)`, which looks at one record, and `feedbacks(record)`, which makes
feedback of it. To add one: write the file with a test of a record, and put it into `PLATFORMS`.
"""

from toolspan.analytics.feedback.platforms import langfuse, legacy, mlflow, phoenix

# In the order in which they are tried; `table` takes what none of them recognises.
PLATFORMS = (phoenix, mlflow, langfuse, legacy)

__all__ = ["PLATFORMS"]
