"""Far more callers than the node can serve, all of which come back at once when they are refused.

First as many callers as keep the server busy, then four hundred: it must go on to answer at least 70 % as many calls
in a second, and every call that is admitted within five seconds.
"""

import random
import socket
import time
from typing import Any

from answers import PATH, body, with_own_id
from locust import LoadTestShape, User, constant, events, task
from locust.env import Environment

# A chain of 10,000 multiplications a record. So many records take some 10 ms: they are calculated in a thread, so that
# permits run out.
SERVICE = "tests/slow"
RECORDS = 3_000
BUSY, MANY = 16, 400
GOODPUT = 0.7
SLOWEST = 5.0
# Seconds at the start of a stage that do not count: the callers are still coming.
WARM_UP = 2.0

# Per number of callers: the seconds that each admitted call took, and when the stage's counting began and ended.
took: dict[int, list[float]] = {BUSY: [], MANY: []}
refusals: dict[int, int] = {BUSY: 0, MANY: 0}
spans: dict[int, tuple[float, float]] = {}


class Stages(LoadTestShape):
    """Half of the time each."""

    def tick(self) -> tuple[int, float] | None:
        limit, now = self.runner.environment.parsed_options.run_time, self.get_run_time()
        if now > limit:
            return None
        return (BUSY if now < limit / 2 else MANY, MANY)


class Caller(User):
    """Calls without a pause over one connection; a client of few instructions, so that it leaves the processor."""

    wait_time = constant(0)

    def on_start(self) -> None:
        self.random = random.Random(id(self))
        self.connection: socket.socket | None = None

    @task
    def call(self) -> None:
        started = time.monotonic()
        try:
            status, length = self.ask()
        except OSError as error:
            self.connection = None
            self.environment.events.request.fire(
                request_type="POST", name="call", response_time=0, response_length=0, exception=error, context={}
            )
            return
        count(self.environment.runner.user_count, status, started)
        wrong = None if status in (200, 429) else RuntimeError(f"status {status}")
        self.environment.events.request.fire(
            request_type="POST",
            name=f"status {status}",
            response_time=(time.monotonic() - started) * 1e3,
            response_length=length,
            exception=wrong,
            context={},
        )

    def ask(self) -> tuple[int, int]:
        """The status and the length of the answer to one call."""
        if self.connection is None:
            host, _, port = self.host.rpartition("//")[2].rpartition(":")
            self.connection = socket.create_connection((host, int(port)))
        request, _ = with_own_id(body(SERVICE, self.inputs()))
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(request)}\r\n\r\n"
        self.connection.sendall(head.encode() + request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head_, _, rest = answer.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head_.split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        arrived = len(rest)
        while arrived < length:
            arrived += len(self.receive())
        if fields.get(b"connection") == b"close":
            self.connection.close()
            self.connection = None
        return int(head_[9:12]), length

    def receive(self) -> bytes:
        assert self.connection
        data = self.connection.recv(1 << 16)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data

    def inputs(self) -> list[Any]:
        """Records of the call's own."""
        first = self.random.randrange(1_000)
        return [["x"], *([first + record] for record in range(RECORDS))]


def count(users: int, status: int, started: float) -> None:
    """Count an answer for the stage that the run is in."""
    stage, now = (BUSY if users <= BUSY else MANY), time.monotonic()
    if stage == MANY and users < MANY:
        return
    begin, _ = spans.setdefault(stage, (now + WARM_UP, now + WARM_UP))
    if now > begin:
        spans[stage] = (begin, now)
        if status == 200:
            took[stage].append(now - started)
        elif status == 429:
            refusals[stage] += 1


@events.quitting.add_listener
def judge(environment: Environment, **_: Any) -> None:
    """Fail the run if goodput fell, or an admitted call took too long."""
    rates = {stage: len(took[stage]) / max(1e-9, end - begin) for stage, (begin, end) in spans.items()}
    if set(rates) != {BUSY, MANY} or not took[MANY] or not refusals[MANY]:
        print("overload: the run was too short, or nothing was answered or refused")
        environment.process_exit_code = 1
        return
    slowest = sorted(took[MANY])[int(len(took[MANY]) * 0.99)]
    share = rates[MANY] / rates[BUSY]
    print(
        f"overload: {rates[BUSY]:.0f} good answers a second to {BUSY} callers, {rates[MANY]:.0f} to {MANY} "
        f"({share:.0%}; {refusals[MANY] / (spans[MANY][1] - spans[MANY][0]):.0f} refusals a second), "
        f"99 % of them within {slowest * 1e3:.0f} ms"
    )
    failed = share < GOODPUT or slowest > SLOWEST or environment.stats.total.num_failures
    environment.process_exit_code = 1 if failed else 0
