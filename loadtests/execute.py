"""Batches of 1, 100 and 1,000 records of the mortgage model."""

import random
from typing import Any

from answers import body, call
from locust import FastHttpUser, constant, task

SERVICE = "models/mortgage"
# Principal, yearly rate, years, extra payment.
RANGES = {"Principal": (50_000, 900_000), "Rate": (0.01, 0.09), "Years": (5, 30), "Extra": (0, 500)}
DIGITS = {"Rate": 4}


def inputs(records: int) -> list[Any]:
    """Random records in array layout, the same in every run."""
    source = random.Random(records)
    rows = [
        [round(source.uniform(*bounds), DIGITS.get(name)) for name, bounds in RANGES.items()] for _ in range(records)
    ]
    return [list(RANGES), *rows]


class Single(FastHttpUser):
    """One record per call."""

    wait_time = constant(0)
    request = body(SERVICE, inputs(1))

    @task
    def execute(self) -> None:
        call(self, "1 record", self.request, 200, 1)


class Hundred(FastHttpUser):
    """A hundred records per call, as field clients batch them."""

    wait_time = constant(0)
    request = body(SERVICE, inputs(100))

    @task
    def execute(self) -> None:
        call(self, "100 records", self.request, 200, 100)


class Thousand(FastHttpUser):
    """A thousand records per call."""

    wait_time = constant(0)
    request = body(SERVICE, inputs(1000))

    @task
    def execute(self) -> None:
        call(self, "1,000 records", self.request, 200, 1000)
