"""A small load generator: keep-alive connections over raw asyncio, cheap enough to share a core."""

import asyncio
import json
import time
from collections.abc import Iterator
from statistics import median


class Answer:
    """Status and seconds of one request."""

    def __init__(self, status: int, seconds: float, body: bytes) -> None:
        """Keep what came back."""
        self.status, self.seconds, self.body = status, seconds, body


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int, token: str | None) -> None:
        """Remember where and as whom."""
        self.port, self.token = port, token
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def send(self, method: str, path: str, body: object = None) -> Answer:
        """Send one request and read its answer."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None
        content = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if self.token:
            head += f"Authorization: Bearer {self.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        started = time.perf_counter()
        self.writer.write(head.encode() + content)
        status = int((await self.reader.readline()).split()[1])
        length = 0
        while (line := await self.reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answer = await self.reader.readexactly(length) if length else b""
        return Answer(status, time.perf_counter() - started, answer)

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()


async def alternate(
    port: int, token: str, paths: dict[str, str], rounds: int
) -> dict[str, list[float]]:
    """Ask each path in turn, round after round; return the seconds of each."""
    connection = Connection(port, token)
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    for number in range(rounds + 3):
        for name, path in paths.items():
            answer = await connection.send("GET", path)
            assert answer.status == 200, (path, answer.status, answer.body[:300])
            if number >= 3:
                seconds[name].append(answer.seconds)
    connection.close()
    return seconds


async def once(port: int, token: str, path: str) -> float:
    """Ask a path once; return the seconds."""
    connection = Connection(port, token)
    answer = await connection.send("GET", path)
    connection.close()
    assert answer.status == 200, (path, answer.status, answer.body[:300])
    return answer.seconds


async def rate(
    port: int, token: str | None, path: str, bodies: Iterator[object], clients: int, seconds: float
) -> float:
    """POST from many clients for some seconds; return the answers per second."""
    done = 0
    until = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal done
        connection = Connection(port, token)
        while time.perf_counter() < until:
            answer = await connection.send("POST", path, next(bodies))
            assert answer.status == 201, (answer.status, answer.body[:300])
            done += 1
        connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.perf_counter() - started)


def spread(values: list[float]) -> str:
    """Return median and range."""
    return f"{median(values):.4g} [{min(values):.4g}, {max(values):.4g}]"
