"""`make demo` as it is: the command starts JupyterLab on the quickstart."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request

from jupyterlab.labapp import LabApp

from ppio_widgets.__main__ import main

from .conftest import until


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
        return answer


def test_demo_prints_the_address_of_the_quickstart(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ppio_widgets", "demo", "--no-browser", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    giving_up = threading.Timer(90, process.kill)
    giving_up.start()
    try:
        lines = (re.search(rf"http://127\.0\.0\.1:{port}/lab/tree/\S+", line) for line in process.stdout)
        url = next(found[0] for found in lines if found)
        assert "/lab/tree/quickstart.ipynb?token=" in url
        until(lambda: fetch(url).status == 200, f"{url} answers")
    finally:
        giving_up.cancel()
        process.terminate()
        process.communicate(timeout=30)


def test_demo_stays_on_the_practice_cloud_even_with_a_key(monkeypatch):
    begun = []
    monkeypatch.setenv("PPIO_API_KEY", "sk_real_0123456789")
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE", "0")
    monkeypatch.setattr(LabApp, "launch_instance", begun.append)
    assert main(["demo", "--no-browser", "--port", "9999"]) == 0
    assert begun[0][1] == "--LabApp.default_url=/lab/tree/quickstart.ipynb"
    assert begun[0][2:5] == ["--no-browser", "--port", "9999"]
    assert os.environ["PPIO_WIDGETS_PRACTICE"] == "1"
