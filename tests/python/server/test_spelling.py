"""One request in many spellings of JSON, one service in many spellings of its address: the answer is the same.

The oracle is RFC 8259: order of keys, white space and escapes mean nothing; keys should be unique.
"""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import EXECUTE, Server

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | texts
values = st.recursive(scalars, lambda some: st.lists(some, max_size=3) | st.dictionaries(texts, some, max_size=3))
cells = st.integers(-1000, 1000) | st.floats(-1e6, 1e6) | st.none() | texts
records = st.fixed_dictionaries({"a": cells, "b": cells, "text": cells})

# What an envelope may have beside its inputs.
KNOWN = {
    "service": st.just("tests/basics"),
    "service_id": st.sampled_from(["", None]),
    "version_id": st.sampled_from(["", None]),
    "version_by_timestamp": st.sampled_from(["", None, "2026-01-31", "2026-01-31T12:00:00Z"]),
    "output": st.sampled_from([None, "", "sum", "sum, shout", ["total"], ["s*", "total"], []]),
    "manual_now": st.sampled_from([None, "", 1650593119, "1650593119"]),
    "correlation_id": st.none() | st.integers(0, 9) | texts,
}
unknown = st.dictionaries(texts.filter(lambda key: key.lower() not in {*KNOWN, "inputs"}), values, max_size=3)
inputs = st.lists(records, max_size=3) | st.lists(records, min_size=1, max_size=3).map(
    lambda some: [list(some[0]), *(list(one.values()) for one in some)]
)
envelopes = st.builds(
    lambda required, optional, others: required | optional | others,
    st.fixed_dictionaries({"service": KNOWN["service"], "inputs": inputs}),
    st.fixed_dictionaries({}, optional=KNOWN),
    unknown,
)
choices = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as client:
        yield client


def post(client: httpx.Client, body: str) -> httpx.Response:
    return client.post(EXECUTE, content=body.encode())


def spelled(value: Any, random: Random) -> str:
    """JSON of a value in a spelling of its own."""
    if isinstance(value, str):
        return '"' + "".join(character(one, random) for one in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(between(spelled(one, random), random) for one in value) + "]"
    if isinstance(value, dict):
        pairs = list(value.items())
        random.shuffle(pairs)
        return braces(pairs, random)
    return json.dumps(value)


def braces(pairs: list[tuple[str, Any]], random: Random) -> str:
    """An object with its keys in this order, which may repeat."""
    members = (
        between(spelled(key, random), random) + ":" + between(spelled(value, random), random) for key, value in pairs
    )
    return "{" + ",".join(members) + "}"


def between(text: str, random: Random) -> str:
    """White space around a text."""
    before, after = (random.choice(["", "", "", " ", "\n\t", "\r\n  "]) for _ in range(2))
    return before + text + after


def character(one: str, random: Random) -> str:
    """A character of a text: escaped by its number, by a letter, or not at all where it may be."""
    if random.random() < 0.2:
        units = one.encode("utf-16-be")
        form = random.choice(["\\u{:04x}", "\\u{:04X}"])
        return "".join(form.format(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))
    if one == "/" and random.random() < 0.5:
        return "\\/"
    return json.dumps(one, ensure_ascii=random.random() < 0.5)[1:-1]


@given(envelope=envelopes, random=choices)
def test_a_spelling_changes_nothing(client: httpx.Client, envelope: dict[str, Any], random: Random) -> None:
    plain = post(client, json.dumps(envelope))
    other = post(client, between(spelled(envelope, random), random))
    assert plain.status_code == other.status_code == 200, plain.text + other.text
    assert lasting(plain) == lasting(other)


def lasting(response: httpx.Response) -> dict[str, Any]:
    """What an answer says of its request, not of the time that it took."""
    passing = {"call_id", "process_time", "request_timestamp"}
    return {key: value for key, value in response.json().items() if key not in passing}


@given(envelope=envelopes, others=unknown)
def test_unknown_keys_change_nothing(client: httpx.Client, envelope: dict[str, Any], others: dict[str, Any]) -> None:
    plain, more = lasting(post(client, json.dumps(envelope))), lasting(post(client, json.dumps(others | envelope)))
    # They are told in the warnings, and nowhere else.
    assert plain | {"warnings": None} == more | {"warnings": None}


@given(envelope=envelopes, random=choices, data=st.data())
def test_a_key_that_comes_twice_is_refused_by_name(
    client: httpx.Client, envelope: dict[str, Any], random: Random, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(envelope)))
    other = inputs if key == "inputs" else KNOWN.get(key, values)
    again = data.draw(st.just(envelope[key]) | other)
    pairs = [*envelope.items(), (key, again)]
    random.shuffle(pairs)
    response = post(client, braces(pairs, random))
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_JSON")
    if key in KNOWN or key == "inputs":
        assert f"'{key}'" in response.json()["message"]


@given(record=records, key=st.sampled_from(["a", "b", "text"]), value=cells, random=choices)
def test_a_key_that_comes_twice_in_a_record_is_refused_by_name(
    client: httpx.Client, record: dict[str, Any], key: str, value: Any, random: Random
) -> None:
    pairs = [*record.items(), (key, value)]
    random.shuffle(pairs)
    response = post(client, f'{{"service": "tests/basics", "inputs": [{{}}, {braces(pairs, random)}]}}')
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_INPUTS")
    assert f"'{key}'" in response.json()["message"]
    assert "record 2" in response.json()["message"]


SERVICES = ["tests/basics", "MyFolder/BlockParty"]


def execute(client: httpx.Client, service: str) -> httpx.Response:
    return post(client, json.dumps({"service": service, "inputs": [{}]}))


@given(service=st.sampled_from(SERVICES), random=choices)
def test_an_address_in_any_spelling_is_the_same_version(client: httpx.Client, service: str, random: Random) -> None:
    folder, name = service.split("/")
    path = random.choice([f"{folder}/{name}", f"folders/{folder}/services/{name}"])
    path = random.choice(["", "/"]) + "".join(random.choice([one, one.upper(), one.lower()]) for one in path)
    address = path + random.choice(["", "[]", "[0]", "[0.1]", "[0.1.0]"])
    answer = execute(client, between(address, random))
    assert answer.status_code == 200, answer.text
    assert answer.json()["version_id"] == execute(client, service).json()["version_id"]


parts = st.sampled_from(
    ["tests", "basics", "folders", "services", "/", "/", "..", "[", "]", "0", "1", ".", "\0", "~$", " "]
)


@given(address=texts | st.lists(parts, max_size=8).map("".join))
def test_any_other_address_is_a_mistake_of_the_caller(server: Server, client: httpx.Client, address: str) -> None:
    workers = server.workers()
    answer = execute(client, address)
    assert answer.status_code in {200, 400, 404}, answer.text
    if answer.status_code == 200:
        assert answer.json()["version_id"] == execute(client, "tests/basics").json()["version_id"]
    else:
        assert answer.json()["code"] in {"INVALID_REQUEST", "SERVICE_NOT_FOUND"}
    assert server.workers() == workers
