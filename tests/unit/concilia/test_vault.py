"""A secret shows itself to nobody but the one who asks for it by name."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret, Sources, is_reference, resolve

HIDDEN = "hunter2-ñ"


@dataclass(frozen=True, slots=True)
class Account:
    """Something that holds a secret."""

    user: str
    password: Secret


def raised_with(secret: Secret) -> str:
    return "".join(traceback.format_exception(RuntimeError(secret, f"{secret}")))


def test_a_secret_is_never_printed(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(HIDDEN)
    logging.getLogger("t").warning("%s %r", secret, Account("ana", secret))
    shown = [
        str(secret), repr(secret), f"{secret} {secret!r} {secret!s:>20}", "%s" % secret, str([secret]), str({"a": secret}),  # noqa: UP031
        repr(Account("ana", secret)), raised_with(secret), caplog.text, str(vars(type(secret))), str(hash(secret)),
    ]  # fmt: skip
    assert not any("hunter2" in text for text in shown)
    assert "***" in shown[0]


def test_a_secret_cannot_be_written_as_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"a": Secret(HIDDEN)})


def test_a_secret_has_no_attributes_that_a_dump_would_show() -> None:
    assert not hasattr(Secret(HIDDEN), "__dict__")
    assert Secret(HIDDEN).reveal() == HIDDEN


def test_secrets_are_equal_by_their_content_and_to_no_text() -> None:
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


@pytest.mark.parametrize(
    ("text", "found"),
    [("${env:A}", True), ("${file:a/b}", True), ("${env:}", True), ("x${env:A}", False), ("${vault:erp/password}", True), ("", False)],
)  # fmt: skip
def test_a_reference_is_a_whole_text(text: str, found: bool) -> None:
    assert is_reference(text) is found


def test_a_secret_comes_from_the_environment_given(tmp_path: Path) -> None:
    assert resolve("${env:PASSWORD}", Sources(tmp_path, {"PASSWORD": HIDDEN})).reveal() == HIDDEN


def test_a_secret_comes_from_a_file_beside_the_workspace_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(f" {HIDDEN} \r\n".encode())
    assert resolve("${file:secret}", Sources(tmp_path)).reveal() == f" {HIDDEN} "
    assert resolve(f"${{file:{tmp_path}/secret}}", Sources(Path("/nowhere"))).reveal() == f" {HIDDEN} "


@pytest.mark.parametrize("environment", [{}, {"PASSWORD": ""}])
def test_a_missing_variable_is_named(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationInvalid, match="The environment variable PASSWORD is not set"):
        resolve("${env:PASSWORD}", Sources(tmp_path, environment))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"secret file .*missing cannot be read"):
        resolve("${file:missing}", Sources(tmp_path))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", "contraseña".encode("cp1252")])
def test_a_file_that_is_no_utf_8_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigurationInvalid):
        resolve("${file:secret}", Sources(tmp_path))
