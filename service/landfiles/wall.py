"""The walls around the child, raised before any library that parses a file is loaded.

Three walls, each enough alone against a connection: an empty network namespace, a seccomp
filter without sockets, and Landlock, which also lets no file be opened but those named.
The child reads nothing unless one of the first two stands.
"""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

from service.landfiles.limits import MIB, Limits

CLONE_NEWUSER, CLONE_NEWNET, CLONE_THREAD = 0x10000000, 0x40000000, 0x00010000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
X32_BIT = 0x40000000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FORBIDDEN = {
    "x86_64": (
        41, 42, 49, 53, 57, 58, 59, 62, 101, 133, 161, 165, 169, 175, 200, 246, 248, 249, 250,
        272, 298, 304, 308, 310, 311, 313, 321, 322, 323, 424, 425,
    ),
    "aarch64": (
        33, 40, 51, 97, 104, 105, 117, 129, 130, 142, 198, 199, 200, 203, 217, 218, 219, 221,
        241, 265, 268, 270, 271, 273, 280, 281, 282, 424, 425,
    ),
}  # fmt: skip
"""Sockets, new programs, other processes, namespaces, mounts, modules, io_uring."""
CLONE = {"x86_64": 56, "aarch64": 220}
TGKILL = {"x86_64": 234, "aarch64": 131}
CLONE3 = 435
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
FILE_RIGHTS = 0b0111_1111_1111_1111
"""Every right of the third version of Landlock."""
READ_FILE, READ_FOLDER = 0b100, 0b1000
FILE_ONLY = 0b0100_0000_0000_0111
TCP_RIGHTS = 0b11
LANDLOCK_TRUNCATE_ABI, LANDLOCK_TCP_ABI = 3, 4
DESCRIPTORS = 64

_libc = ctypes.CDLL(None, use_errno=True)


def raise_walls(limits: Limits, *, readable: Iterable[Path], writable: Path) -> list[str]:
    """Raise every wall that this kernel gives; return the names of those that stand."""
    _bound(limits)
    standing = []
    if _leave_network():
        standing.append("network-namespace")
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if _landlock(readable, writable):
        standing.append("landlock")
    if _seccomp():
        standing.append("seccomp")
    return standing


def _bound(limits: Limits) -> None:
    """Bound memory, time and files; private memory, since address space is only reserved."""
    for kind, most in (
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, max(limits.unpacked_bytes * 2, 256 * MIB)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_STACK, 8 * MIB),
    ):
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


def _leave_network() -> bool:
    """Move into a network namespace without any device up; as root, or in a user namespace."""
    return not (_libc.unshare(CLONE_NEWNET) and _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET))


def _landlock(readable: Iterable[Path], writable: Path) -> bool:
    version = _libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < LANDLOCK_TRUNCATE_ABI:
        return False
    handled = struct.pack("<Q", FILE_RIGHTS)
    if version >= LANDLOCK_TCP_ABI:
        handled += struct.pack("<Q", TCP_RIGHTS)
    rules = _libc.syscall(LANDLOCK_CREATE, handled, len(handled), 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _permit(rules, path, READ_FILE | READ_FOLDER)
        _permit(rules, writable, FILE_RIGHTS & ~1)
        return bool(_libc.syscall(LANDLOCK_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _permit(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= FILE_ONLY
        _libc.syscall(LANDLOCK_ADD, rules, 1, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)


def _seccomp() -> bool:
    program = _program(platform.machine())
    if not program:
        return False
    code = ctypes.create_string_buffer(b"".join(program))
    filter_ = struct.pack("@HxxxxxxP", len(program), ctypes.addressof(code))
    return bool(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0) == 0)


def _step(operation: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", operation, yes, no, value)


def _program(machine: str) -> list[bytes]:
    """Write the filter: refused calls return EPERM; a clone must be a thread of ours."""
    if machine not in ARCHITECTURES:
        return []
    number, architecture, first_argument = 0, 4, 16
    steps = [
        _step(LOAD, architecture),
        _step(EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(RETURN, EPERM),
        _step(LOAD, number),
        _step(AT_LEAST, X32_BIT, 0, 1),
        _step(RETURN, EPERM),
        # Its arguments lie in memory that a filter cannot read: the C library then uses clone.
        _step(EQUAL, CLONE3, 0, 1),
        _step(RETURN, ENOSYS),
    ]
    for call in FORBIDDEN[machine]:
        steps += [_step(EQUAL, call, 0, 1), _step(RETURN, EPERM)]
    steps += [
        _step(EQUAL, CLONE[machine], 0, 4),
        _step(LOAD, first_argument),
        _step(ANY_BIT, CLONE_THREAD, 1, 0),
        _step(RETURN, EPERM),
        _step(RETURN, ALLOW),
        _step(EQUAL, TGKILL[machine], 0, 3),
        _step(LOAD, first_argument),
        _step(EQUAL, os.getpid(), 1, 0),
        _step(RETURN, EPERM),
        _step(RETURN, ALLOW),
    ]
    return steps
