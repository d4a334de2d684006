"""What holds for any content at all, by hypothesis."""

import json
import marshal
import math
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from toolspan.instrumentation.content import (
    PLAIN_FORMAT,
    arguments_hash,
    encode,
    error_text,
    flat_text,
    mask_secrets,
    ordered_arguments_hash,
    paths_of,
    safe_name,
    text_of,
)
from toolspan.instrumentation.content._hash import hash_with_key
from toolspan.instrumentation.content._redact import (
    _SECRETS,
    _SECRETS_IN_ANY_CASE,
    MASK,
    find_mark,
    may_hold_secret,
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "Lu", "Zs"])),
    st.binary(max_size=20),
    st.complex_numbers(),
    st.dates(),
    st.decimals(),
    st.uuids(),
)
keys = st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.tuples(st.integers()))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(keys, inner),
        st.tuples(inner, inner),
        st.frozensets(st.integers()),
    ),
    max_leaves=40,
)
# What is recorded as it is: JSON's own types within the limits, without anything secret.
harmless_text = st.text(st.characters(codec="utf-8", categories=["Lu", "Ll", "Zs"]), max_size=40)
harmless = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        harmless_text.filter(lambda text: mask_secrets(text) == text),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.sampled_from("abcdef"), inner, max_size=5)
    ),
    max_leaves=15,
)


def strict(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.requirement("capability.B-prune-redact-encode", "pain.12-serializer-safety")
@given(values)
@example({"a": {1: math.nan}})
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_comes_the_text_is_strict_json_in_utf8_and_bounded(value: Any):
    found = encode(value)
    strict(found.text)
    found.text.encode("utf-8")
    assert len(found.text) <= 16_384
    text, cut_size = text_of(value)
    assert strict(text) == strict(found.text)
    assert cut_size == (0 if found.is_whole else found.size)


@given(harmless)
@settings(deadline=None)
def test_plain_data_within_the_limits_comes_back_as_it_was(value: Any):
    found = encode(value)
    assert found.is_whole
    assert strict(found.text) == value


@given(st.dictionaries(st.sampled_from(["query", "limit", "a", "b"]), values, max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_equal_arguments_hash_equally_in_any_order(arguments: dict[str, Any]):
    assume(arguments == arguments)
    digest = arguments_hash(arguments, hash_with_key(b"key"))
    assert re.fullmatch("[0-9a-f]{16}", digest)
    turned = dict(reversed(arguments.items()))
    assert arguments_hash(turned, hash_with_key(b"key")) == digest
    copied = json.loads(encode(arguments).text)
    assert isinstance(copied, dict)


def test_a_shared_key_gives_the_same_hash_under_every_python():
    plain = {"deep": True, "limit": 5, "note": None, "price": 0.5, "query": "\xf6 \ud800"}
    nested = {"limit": 2**70, "rows": [{"a": 1}]}
    digests = [arguments_hash(each, hash_with_key(b"key")) for each in (plain, nested)]
    assert digests == ["bf8f968df1cdcba1", "1af6341f82a9a95f"]


printable = st.characters(min_codepoint=32, max_codepoint=126)
secrets = st.one_of(
    *(
        st.from_regex(whole, fullmatch=True, alphabet=printable)
        for _, whole in (*_SECRETS, *_SECRETS_IN_ANY_CASE)
        if "://" not in whole.pattern  # the password of a URL is only part of what is matched
    )
)


@pytest.mark.requirement("pain.11-masking-holes")
@given(secrets, harmless_text, harmless_text)
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
def test_no_secret_that_we_know_passes_in_any_text(secret: str, before: str, after: str):
    text = f"{before} {secret} {after}"
    assert find_mark(secret)
    assert may_hold_secret(text)
    assert secret not in mask_secrets(text)
    assert MASK in mask_secrets(text)


@given(st.text())
def test_masking_twice_is_masking_once(text: str):
    once = mask_secrets(text)
    assert mask_secrets(once) == once
    assert may_hold_secret(text) or once == text


@given(st.text(), st.text(max_size=12).filter(lambda key: "." not in key), values)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_a_path_names_is_gone(marker: str, key: str, rest: Any):
    marker = f"<{marker}>-needle"
    found = strict(encode({"a": {key: marker, "rest": 1}}, paths_of([f"a.{key}"])).text)
    assert marker not in json.dumps(found, ensure_ascii=False)


@given(st.text())
def test_error_text_and_names_are_short_single_lines(text: str):
    for said, longest in ((error_text(text) or "", 200), (safe_name(text), 128)):
        assert len(said) <= longest
        assert "\n" not in said
        said.encode("utf-8")


@given(
    st.lists(
        st.sampled_from(["a", "b", "*", "a.b", "a.*", "a.b.c", "*.b", "b.a"]),
        min_size=1,
        max_size=5,
    )
)
def test_the_order_of_paths_does_not_matter(paths: list[str]):
    assert paths_of(paths) == paths_of(sorted(paths)) == paths_of([*paths, *paths])


@given(st.text())
@example("a secret in short: sk-abcdefghijklmnop")
def test_text_without_a_mark_holds_no_secret(text: str):
    assert find_mark(text) or not may_hold_secret(text)


@given(st.dictionaries(st.sampled_from(["limit", "query"]), scalars | harmless_text))
def test_the_text_of_plain_values_means_that_their_bytes_are_what_is_hashed(values: dict[str, Any]):
    if flat_text(values, {}) is not None:
        hashed: list[bytes] = []
        ordered_arguments_hash(values, lambda data: hashed.append(data) or "")  # type: ignore[func-returns-value]
        assert hashed == [marshal.dumps(values, PLAIN_FORMAT)]
