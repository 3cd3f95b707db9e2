"""What the suites share: one call, its check, and the verdict at the end of a run."""

import json
import uuid
from typing import Any

from locust import FastHttpUser, events
from locust.env import Environment

PATH = "/load/api/v4/execute"
REFUSED = "429 (expected when the node is full)"


# Stands in a request where each call puts its own id.
ID = b"00000000-0000-4000-8000-000000000000"


def body(service: str, inputs: list[Any]) -> bytes:
    """A request of Execute v4, for any number of calls."""
    return json.dumps({"correlation_id": ID.decode(), "service": service, "inputs": inputs}).encode()


def with_own_id(request: bytes) -> tuple[bytes, str]:
    """The request of one call, and its id."""
    own = str(uuid.uuid4())
    return request.replace(ID, own.encode(), 1), own


def call(user: FastHttpUser, name: str, request: bytes, status: int, records: int = 0) -> None:
    """Send a request; right is `status` with `records` results, or a well-formed refusal."""
    request, own = with_own_id(request)
    with user.client.post(PATH, data=request, name=name, catch_response=True) as response:
        if response.status_code == 429:
            response.request_meta["name"] = f"{name}: {REFUSED}"
        fault = mistake(response, status, records, own)
        if fault:
            response.failure(fault)
        else:
            # Without this Locust would count every 4xx and 5xx as a failure, expected or not.
            response.success()


def mistake(response: Any, status: int, records: int, own: str) -> str | None:
    """What is wrong with an answer."""
    if response.status_code == 429:
        well_formed = response.headers.get("retry-after") and response.js["code"] == "TOO_MANY_EXECUTIONS"
        return None if well_formed else "a refusal without Retry-After or code"
    if response.status_code != status:
        return f"status {response.status_code} instead of {status}: {response.text[:200]}"
    if status == 200:
        answer = json.loads(response.content)
        if len(answer["outputs"]) != records + 1:
            return "results are missing"
        if answer["correlation_id"] != own:
            return "the answer belongs to another call"
    return None


@events.quitting.add_listener
def judge(environment: Environment, **_: Any) -> None:
    """Fail the run on any failure, and on silence."""
    answered = [entry for entry in environment.stats.entries.values() if REFUSED not in entry.name]
    silent = not answered or any(entry.num_requests == 0 for entry in answered)
    environment.process_exit_code = 1 if environment.stats.total.num_failures or silent else 0
