"""A download into a pipe: `license download ID -`."""

from __future__ import annotations

import subprocess
import sys


def test_standard_output_has_the_file_and_nothing_else(crowd, tmp_path):
    people = crowd("ann", "bea", keyed=("bea",))
    file = tmp_path / "cohort.csv"
    file.write_bytes(b"age,chol\r\n" + b"".join(b"%d,%d\r\n" % (40 + i % 30, 200 + i) for i in range(60)))
    terms = ("--name", "Cohort", "--term", "HMB", "--price", "0", "--public")
    offer = people.run("ann", "dataset", "publish", file, *terms)["offer_id"]
    bought = people.run("bea", "license", "buy", offer, "--purpose", "HMB", "--yes")["license_id"]
    people.run("ann", "dataset", "release")
    people.run("bea", "license", "list")  # the settings are hers
    command = [sys.executable, "-m", "biodesci.cli", "license", "download", str(bought), "-", "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == file.read_bytes()
    assert b"bytes." in done.stderr
