"""Settings: what was given, else the environment, else the default."""

import pytest

from toolspan.exporters import FileSettings
from toolspan.exporters._settings import FileOptions


def test_an_argument_wins_over_the_environment_and_that_over_the_default() -> None:
    environ = {"TOOLSPAN_FILES_MAX_FILE_BYTES": "5", "TOOLSPAN_FILES_MAX_FILE_AGE_S": ""}
    assert FileSettings.of(environ) == FileSettings(max_file_bytes=5)
    assert FileSettings.of(environ, max_file_bytes=7) == FileSettings(max_file_bytes=7)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("MODE", "batch", "batch"),
        ("COMPRESSION", "zstd", "zstd"),
        ("KEEP_DAYS", "0.5", 0.5),
        ("FLUSH_ON_SIGTERM", "off", False),
        ("METRICS", "True", True),
    ],
)
def test_a_variable_says_it_as_text(name: str, text: str, value: object) -> None:
    settings = FileSettings.of({f"TOOLSPAN_FILES_{name}": text})
    assert getattr(settings, name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("MAX_FILE_BYTES", "many", "must be a number, not 'many'; the default is used: 100000000"),
        (
            "MAX_FILE_BYTES",
            "1e999",
            "must be a number, not '1e999'; the default is used: 100000000",
        ),
        ("MAX_FILE_AGE_S", "-1", "must be at least 0, not '-1'; the default is used: 86400.0"),
        ("KEEP_DAYS", "nan", "must be at least 0, not 'nan'; the default is used: 0.0"),
        (
            "MODE",
            "fast",
            "must be write_through or batch, not 'fast'; the default is used: write_through",
        ),
        ("METRICS", "maybe", "must be true or false, not 'maybe'; the default is used: False"),
    ],
)
def test_a_variable_with_a_value_that_is_none_is_reported_and_ignored(
    caplog: pytest.LogCaptureFixture, name: str, text: str, wrong: str
) -> None:
    assert FileSettings.of({f"TOOLSPAN_FILES_{name}": text}) == FileSettings()
    assert [record.getMessage() for record in caplog.records] == [f"TOOLSPAN_FILES_{name} {wrong}"]


def test_a_setting_there_is_none_of_is_refused() -> None:
    with pytest.raises(ValueError, match="no such setting: rotate; there are mode, slow_disk"):
        FileSettings.of({}, rotate=True)  # type: ignore[call-arg]


def test_an_argument_with_a_value_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="mode must be write_through or batch, not 'fast'"):
        FileSettings.of({}, mode="fast")  # type: ignore[arg-type]


def test_every_setting_can_be_given_as_an_argument() -> None:
    assert set(FileOptions.__annotations__) == set(FileSettings.__dataclass_fields__)
