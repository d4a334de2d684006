"""`toolspan send` over TLS, with the standard variables: whom it trusts, and who it says it is."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.otlp_receiver import Certificates, GrpcReceiver, OtlpReceiver
from support.traces import otlp, span, write_lines
from toolspan.exporters.send.command import main

each_protocol = pytest.mark.parametrize(
    ("protocol", "receiver"),
    [("http/protobuf", OtlpReceiver), ("grpc", GrpcReceiver)],
    ids=["http", "grpc"],
)


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not here: apt-get install openssl")
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", pem),
        ],
        check=True,
        capture_output=True,
    )
    return pem, key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "spans.jsonl", otlp([span("a", 1), span("b", 2)]))


def send(file: Path, endpoint: str, protocol: str) -> int:
    given = ["--endpoint", endpoint, "--protocol", protocol, "--retry-for", "0.01"]
    return main([str(file), *given, "--journal", f"{file}.journal"], prog="toolspan send")


@pytest.mark.requirement("pipelines.send-tls")
@each_protocol
def test_a_server_is_trusted_by_the_certificate_that_the_variable_names(
    file: Path, protocol: str, receiver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, key = certificate(tmp_path, "server")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(pem))
    with receiver(tls=Certificates(pem, key)) as running:
        assert send(file, running.endpoint, protocol) == 0
        assert running.span_names == ["a", "b"]


@each_protocol
def test_a_server_that_nobody_vouches_for_gets_nothing(
    file: Path,
    protocol: str,
    receiver: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with receiver(tls=Certificates(*certificate(tmp_path, "server"))) as running:
        assert send(file, running.endpoint, protocol) == 1
        assert running.spans == []
    printed = capsys.readouterr()
    assert printed.out.startswith("sent 0 spans of 1 file to https://localhost:")
    assert "takes no more: " in printed.err
    if protocol != "grpc":  # gRPC's own words differ from version to version
        assert "its certificate is not trusted: self-signed certificate" in printed.err


@each_protocol
def test_a_server_that_asks_who_calls_is_shown_the_clients_certificate(
    file: Path, protocol: str, receiver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, key = certificate(tmp_path, "server")
    own_pem, own_key = certificate(tmp_path, "client")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(pem))
    with receiver(tls=Certificates(pem, key, client=own_pem)) as running:
        assert send(file, running.endpoint, protocol) == 1
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", str(own_pem))
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", str(own_key))
        assert send(file, running.endpoint, protocol) == 0
        assert running.span_names == ["a", "b"]


@pytest.mark.requirement("pipelines.send-tls")
@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("variable", ["CERTIFICATE", "CLIENT_CERTIFICATE"])
def test_a_certificate_that_is_not_there_is_bad_usage(
    file: Path,
    protocol: str,
    variable: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{variable}", "nowhere.pem")
    assert send(file, "https://localhost:9", protocol) == 2
    assert capsys.readouterr().err == "toolspan send: nowhere.pem: No such file or directory\n"


def test_a_certificate_that_is_none_is_bad_usage(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(file))
    assert send(file, "https://localhost:9", "http/protobuf") == 2
    assert capsys.readouterr().err == (
        f"toolspan send: {file}: not a certificate (and its key) in PEM form\n"
    )
