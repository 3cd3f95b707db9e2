"""A node under normal load, at first alone, then beside one caller that sends every hostile body in turn.

No call of the others may be lost or refused, 99 % of them must be answered within three times what that takes without
the hostile caller, no worker may die, and none may need more memory than it is allowed.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from answers import REFUSED, body, call
from execute import SERVICE, inputs
from locust import FastHttpUser, LoadTestShape, constant, events, task
from locust.env import Environment

USERS = 4
# The time that `run.py` gives at most, as parts of that which the others have alone.
PARTS = 10
SLOWER = 3.0
# Bytes of one worker, with the settings that `run.py` gives it: bodies, two executions, two workbooks, and itself.
MOST_MEMORY = 3 << 30
# Seconds at the start that do not count: the callers are still coming.
WARM_UP = 2.0

SERVER = int(os.environ["SERVER_PID"])
ROOT = Path(__file__).parents[1]

quiet: list[float] = []
beside: list[float] = []
answers: list[dict[str, Any]] = []
# Of the hostile calls, in the order in which they are sent.
names: list[str] = []
# What calls of the others took in milliseconds, and the hostile call that was under way when they ended.
slowest: list[tuple[float, str]] = []
memory = {"most": 0}
workers: set[str] = set()


class Stages(LoadTestShape):
    """A while alone, then as long or until every body has been sent beside the hostile caller."""

    hostile: subprocess.Popen[str] | None = None

    def tick(self) -> tuple[int, float] | None:
        alone, now = self.runner.environment.parsed_options.run_time / PARTS, self.get_run_time()
        watch_workers()
        if self.hostile is None:
            self.hostile = start_hostile(self.runner.environment.host)
            names[:] = json.loads(read_line(self.hostile))
            self.reset_time()
        elif self.is_alone and now > alone:
            self.hostile.stdin.write("go\n")
            self.hostile.stdin.flush()
            gevent.spawn(listen, self.hostile)
            type(self).is_alone = False
        elif now > 2 * alone and len(answers) >= len(names):
            self.hostile.kill()
            return None
        return USERS, USERS

    is_alone = True


def start_hostile(host: str) -> subprocess.Popen[str]:
    """The hostile caller, a process of its own: what it costs to send its bodies delays nobody here."""
    name, _, port = host.rpartition("//")[2].rpartition(":")
    command = [sys.executable, "-m", "loadtests.bodies", name, port]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def read_line(process: subprocess.Popen[str]) -> str:
    """A line, while the other callers go on: Locust has made pipes wait for their greenlet alone."""
    return process.stdout.readline()


def listen(process: subprocess.Popen[str]) -> None:
    while line := read_line(process):
        answers.append(json.loads(line))


def watch_workers() -> None:
    """Remember which processes there were, and the most memory that one had."""
    for child in Path(f"/proc/{SERVER}/task/{SERVER}/children").read_text().split():
        # One that ends meanwhile has a successor, which tells that it did.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                workers.add(child)
                status = Path(f"/proc/{child}/status").read_text()
                peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
                memory["most"] = max(memory["most"], int(peak) << 10)


class Caller(FastHttpUser):
    """Normal load: one record, sometimes a hundred, with pauses."""

    wait_time = constant(0.02)
    single, hundred = body(SERVICE, inputs(1)), body(SERVICE, inputs(100))

    @task(9)
    def one(self) -> None:
        call(self, "1 record", self.single, 200, 1)

    @task(1)
    def many(self) -> None:
        call(self, "100 records", self.hundred, 200, 100)


@events.request.add_listener
def count(name: str, response_time: float, **_: Any) -> None:
    """Times of the calls of one record, with and without the hostile caller."""
    if name == "1 record" and time.monotonic() - began > WARM_UP:
        (quiet if Stages.is_alone else beside).append(response_time)
        if not Stages.is_alone:
            slowest.append((response_time, names[len(answers) % len(names)]))


began = time.monotonic()


@events.quitting.add_listener
def judge(environment: Environment, **_: Any) -> None:
    """Fail the run if the others suffered."""
    if not quiet or not beside:
        print("hostile: the run was too short, or nothing was answered")
        environment.process_exit_code = 1
        return
    for one in answers:
        print(f"hostile: {one['name']}: {one['status'] or 'no answer'} after {one['seconds']:.2f} s")
    for took, name in sorted(slowest, reverse=True)[:5]:
        print(f"hostile: the slowest calls of the others: {took:.0f} ms, when {name} was under way")
    before, after = percentile(quiet), percentile(beside)
    refused = sum(entry.num_requests for entry in environment.stats.entries.values() if REFUSED in entry.name)
    bugs = sorted({one["name"] for one in answers if one["status"] == 500})
    lost = environment.stats.total.num_failures
    print(
        f"hostile: {len(beside)} calls beside {len(answers)} hostile ones, {lost} lost, {refused} refused; "
        f"99 % within {after:.1f} ms, without it {before:.1f} ms ({after / before:.1f} times; "
        f"medians {median(beside):.1f} and {median(quiet):.1f}); {len(workers)} worker processes, "
        f"the largest {memory['most'] / 2**20:.0f} MiB; failures of ours: {bugs or 'none'}"
    )
    suffered = lost or refused or after > SLOWER * before
    ours = bugs or memory["most"] > MOST_MEMORY or len(workers) > int(os.environ["SERVER_WORKERS"])
    environment.process_exit_code = 1 if suffered or ours else 0


def percentile(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]
