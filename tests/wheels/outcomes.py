"""A pytest plugin: writes each test's name and outcome, one a line, to the file named by OUTCOMES, at once, so that a crash loses nothing."""

import os

FILE = open(os.environ["OUTCOMES"], "w", encoding="utf-8", errors="backslashreplace", buffering=1)
WORST = {}


def pytest_runtest_logreport(report):
    # A test's outcome is that of its call, unless setup or teardown failed or it was skipped before.
    outcome = report.outcome
    if outcome == "skipped" and hasattr(report, "wasxfail"):
        outcome = "xfailed"
    if report.when == "setup" or outcome == "failed" or report.when == "call":
        if WORST.get(report.nodeid) != "failed":
            WORST[report.nodeid] = outcome
    if report.when == "teardown":
        name = report.nodeid.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        FILE.write(f"{name}\t{WORST.pop(report.nodeid, outcome)}\n")
