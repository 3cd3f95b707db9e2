"""Calls that cannot end within the time limit, among short ones that must not suffer."""

from answers import body, call
from locust import FastHttpUser, constant, task

# A chain of 10,000 multiplications a record: a small body and a small answer, and seconds of work.
SERVICE = "tests/slow"
LONG = body(SERVICE, [["x"], *([1] for _ in range(2_000_000))])
SHORT = body(SERVICE, [["x"], [1]])


class Long(FastHttpUser):
    """Runs into the limit every time."""

    wait_time = constant(1)
    fixed_count = 2

    @task
    def execute(self) -> None:
        call(self, "too long: 504", LONG, 504)


class Short(FastHttpUser):
    """Keeps being served beside them."""

    wait_time = constant(0.1)

    @task
    def execute(self) -> None:
        call(self, "short", SHORT, 200, 1)
