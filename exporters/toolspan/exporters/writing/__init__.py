"""Encoded spans and log records on their way into a file, and the count of those that got lost.

- `_writer`: written through before the caller goes on, or put into a queue
- `_batch`: the queue and its thread
- `_slow_disk`: when write-through gives way to the queue
- `_last_moments`: writing the queue when the process ends
- `_drops`: what could not be written, by reason, and the one log line about it
"""

from toolspan.exporters.writing._drops import Reason
from toolspan.exporters.writing._writer import Stats, Writer

__all__ = ["Reason", "Stats", "Writer"]
