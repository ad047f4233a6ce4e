"""Land files made to do harm: each is refused or read safely, and nothing else happens."""

import importlib.util
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely

from service.errors import ServiceError
from service.landfiles import reader

CORPUS = Path(__file__).parents[1] / "hostile_land.py"
spec = importlib.util.spec_from_file_location("hostile_land", CORPUS)
hostile = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = hostile
spec.loader.exec_module(hostile)

EXAM = {
    "sliver_m2": 10,
    "sliver_width_m": 1,
    "overlap_noise_m2": 0.1,
    "overlap_m2": 1,
    "gap_m2": 10,
    "gap_width_m": 1,
    "area_difference_share": 0.01,
    "outside_share": 0.5,
    "max_vertices": 50_000,
    "max_overlaps": 10_000,
}
MAX_GROWTH_KIB = 100 * 1024


class Listener:
    """A port that notes every connection."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.hits = 0
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """A port on this machine that would see a connection."""
    made = Listener()
    yield made
    made.socket.close()


@pytest.fixture
def outside(tmp_path: Path, listener: Listener):
    """A file that must not be read and a port that must not be reached."""
    canary = tmp_path / "canary.geojson"
    content = hostile.geojson(hostile.polygon(hostile.square()))
    canary.write_bytes(content.replace(b'"BSM": "1"', f'"BSM": "{hostile.CANARY}"'.encode()))
    return hostile.Outside(canary, listener.port)


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> reader.Surroundings:
    """The outline of a county."""
    folder = tmp_path_factory.mktemp("county")
    (folder / "outline.wkb").write_bytes(shapely.to_wkb(shapely.Polygon(hostile.COUNTY)))
    return reader.Surroundings(folder)


def answer(case, source: Path, into: Path, surroundings: reader.Surroundings):
    """Read a case's file; return what was answered and all the text in which it was."""
    options = reader.ReadOptions(mapping={}, exam=EXAM, **case.options)
    try:
        report = reader.read(
            source, into=into, options=options, surroundings=surroundings, limits=case.limits
        )
    except ServiceError as error:
        return error.members["code"], error, f"{error.detail} {error.members}".encode()
    said = json.dumps(report.__dict__, ensure_ascii=False).encode()
    return report.state, report, said + b"".join(p.read_bytes() for p in into.iterdir())


@pytest.mark.parametrize("case", hostile.CASES, ids=lambda case: case.name)
def test_a_hostile_file_is_refused_or_read_safely_and_nothing_else_happens(
    case, tmp_path, outside, surroundings, listener
):
    folder = tmp_path / "upload"
    folder.mkdir()
    source = case.made(folder, outside)
    hits, process = listener.hits, os.getpid()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    outcome, said, everything = answer(case, source, tmp_path / "result", surroundings)

    assert outcome == case.expected, said
    if isinstance(said, ServiceError):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in said.detail)
        assert not list((tmp_path / "result").iterdir())
    else:
        assert case.holds(said), said
    assert hostile.CANARY.encode() not in everything
    assert listener.hits == hits
    assert os.getpid() == process
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_GROWTH_KIB


def test_the_corpus_holds_every_class():
    names = [case.name for case in hostile.CASES]
    assert len(names) == len(set(names)) >= 65
    assert all(len(case.expected) > 0 for case in hostile.CASES)


WALLED = """
import errno, os, socket, sys
from pathlib import Path
from service.landfiles import wall
from service.landfiles.limits import UPLOAD

inside, outside, port = Path.cwd(), sys.argv[1], int(sys.argv[2])
print(sorted(wall.raise_walls(UPLOAD, readable=[Path("/usr/lib")], writable=inside)))

def tried(what):
    try:
        what()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

print(tried(lambda: socket.socket().connect(("127.0.0.1", port))))
print(tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
print(tried(lambda: open(outside).read()))
print(tried(lambda: open(outside, "a").write("x")))
print(tried(os.fork))
print(tried(lambda: os.execv("/bin/true", ["true"])))
print(tried(lambda: os.kill(os.getppid(), 9)))
print(tried(lambda: (inside / "own").write_text("x")))
"""


def test_the_child_cannot_connect_nor_read_nor_start_anything(tmp_path, listener):
    secret, inside = tmp_path / "secret", tmp_path / "inside"
    secret.write_text("secret")
    inside.mkdir()
    command = [sys.executable, "-I", "-c", WALLED, str(secret), str(listener.port)]
    hits = listener.hits

    done = subprocess.run(command, cwd=inside, capture_output=True, text=True, check=True)

    walls, *tries = done.stdout.splitlines()
    assert "seccomp" in walls
    assert "network-namespace" in walls
    assert set(tries[:2]) <= {"EPERM", "EACCES"}
    if "landlock" in walls:
        assert tries[2:4] == ["EACCES", "EACCES"]
    assert tries[4:7] == ["EPERM", "EPERM", "EPERM"]
    assert tries[7] == "done"
    assert secret.read_text() == "secret"
    assert listener.hits == hits
