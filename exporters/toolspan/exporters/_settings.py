"""Every setting of the span and event files: its variable, its default, its range."""

import logging
import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Final, Literal, Self, TypedDict, Unpack, get_args

_logger = logging.getLogger("toolspan.exporters")

PREFIX: Final = "TOOLSPAN_FILES_"

Mode = Literal["write_through", "batch"]
SlowDisk = Literal["batch", "stay"]
Compression = Literal["none", "zstd", "gzip"]


class FileOptions(TypedDict, total=False):
    """The fields of `FileSettings` as keyword arguments."""

    mode: Mode
    slow_disk: SlowDisk
    slow_write_ms: float
    max_file_bytes: int
    max_file_age_s: float
    compression: Compression
    keep_days: float
    keep_bytes: int
    queue_records: int
    queue_bytes: int
    line_records: int
    line_bytes: int
    flush_interval_ms: float
    flush_on_sigterm: bool
    keep_unsampled: bool
    start_records: bool
    fsync: bool
    metrics: bool


def _number(default: float, *, least: float, says: str) -> Any:
    return field(default=default, metadata={"says": says, "least": least})


def _switch(*, default: bool, says: str) -> Any:
    return field(default=default, metadata={"says": says})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """How files are written.

    Each field is also an environment variable: `max_file_bytes` is `TOOLSPAN_FILES_MAX_FILE_BYTES`.
    `docs/reference/files.md` has them as a table.
    """

    mode: Mode = field(
        default="write_through",
        metadata={"says": "write each record as it ends, or queue it for a thread of its own"},
    )
    slow_disk: SlowDisk = field(
        default="batch",
        metadata={"says": "what write-through does on a slow disk: go over to batch, or stay"},
    )
    slow_write_ms: float = _number(
        20.0, least=1, says="a write that takes longer counts as slow, in milliseconds"
    )
    max_file_bytes: int = _number(
        100_000_000, least=0, says="a line that would make a file larger goes to the next; 0: any"
    )
    max_file_age_s: float = _number(
        86_400.0, least=0, says="a line after this many seconds goes to the next file; 0: any"
    )
    compression: Compression = field(
        default="none", metadata={"says": "what becomes of files that are full or closed"}
    )
    keep_days: float = _number(
        0.0, least=0, says="files untouched for longer are deleted; 0: none is"
    )
    keep_bytes: int = _number(
        0, least=0, says="the oldest files are deleted until all fit into this; 0: none is"
    )
    queue_records: int = _number(
        65_536, least=1, says="batch: records that may wait; one more is dropped and counted"
    )
    queue_bytes: int = _number(67_108_864, least=1, says="batch: bytes that may wait, likewise")
    line_records: int = _number(200, least=1, says="batch: records in one line at most")
    line_bytes: int = _number(262_144, least=1, says="batch: a line is ended when it is this large")
    flush_interval_ms: float = _number(
        200.0, least=1, says="batch: how long a record waits at most, in milliseconds"
    )
    flush_on_sigterm: bool = _switch(
        default=True, says="batch: write what waits when SIGTERM, unhandled, ends the process"
    )
    keep_unsampled: bool = _switch(
        default=False,
        says="write spans that the sampler drops as well; OTLP exporters get the sampled ones only",
    )
    start_records: bool = _switch(
        default=False,
        says="write each span also when it starts, to `starts-*.jsonl`, so that what runs or was "
        "killed can be seen",
    )
    fsync: bool = _switch(
        default=False,
        says="wait after each line until the disk has it, so that it survives a power cut",
    )
    metrics: bool = _switch(
        default=False,
        says="count records as `otel.sdk.processor.*` metrics; "
        "`OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED=true` does so too",
    )

    @classmethod
    def of(cls, environ: Mapping[str, str] | None = None, /, **given: Unpack[FileOptions]) -> Self:
        """What was given, else what the environment says, else the default.

        A variable with a value that is none is reported to the log and ignored, since it must
        not stop the program; an argument with such a value is the programmer's to mend.

        Raises:
            ValueError: an argument is out of its range or has no such name.
        """
        environ = os.environ if environ is None else environ
        arguments: Mapping[str, Any] = given
        known = {setting.name: setting for setting in fields(cls)}
        if unknown := sorted(set(arguments) - set(known)):
            raise ValueError(f"no such setting: {', '.join(unknown)}; there are {', '.join(known)}")
        values: dict[str, Any] = {}
        for name, setting in known.items():
            variable = variable_of(name)
            if name in arguments:
                values[name] = _checked(name, arguments[name], setting)
            elif text := environ.get(variable):
                try:
                    values[name] = _checked(variable, text, setting)
                except ValueError as error:
                    _logger.warning("%s; the default is used: %s", error, setting.default)
        return cls(**values)


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _checked(name: str, value: Any, setting: "Field[Any]") -> Any:
    choices = get_args(setting.type)
    if choices:
        if value not in choices:
            raise ValueError(f"{name} must be {' or '.join(choices)}, not {value!r}")
        return value
    if setting.type is bool:
        return _truth(name, value)
    try:
        number = setting.type(value)  # type: ignore[operator]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    least = setting.metadata["least"]
    if not number >= least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    return number


def _truth(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    match str(value).strip().lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
    raise ValueError(f"{name} must be true or false, not {value!r}")
