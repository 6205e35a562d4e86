"""Pictures of a browser in a row, as one picture that moves."""

from __future__ import annotations

from struct import pack, unpack_from
from typing import NamedTuple

_PICTURES = (b"VP8 ", b"VP8L", b"ALPH")
_HEAD, _MOVES = 12, 0x02


class Frame(NamedTuple):
    """A WebP file of one picture, its size, and for how many milliseconds it is to be seen."""

    content: bytes
    width: int
    height: int
    milliseconds: int


def _three(number: int) -> bytes:
    return pack("<I", number)[:3]


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _picture(content: bytes) -> bytes:
    """Return the chunks of a WebP file that hold the picture itself."""
    found, at = b"", _HEAD
    while at < len(content):
        name, size = content[at : at + 4], unpack_from("<I", content, at + 4)[0]
        if name in _PICTURES:
            found += _chunk(name, content[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def animated(frames: list[Frame]) -> bytes:
    """Return one WebP file that shows the frames, all of one size, over and over."""
    size = _three(frames[0].width - 1) + _three(frames[0].height - 1)
    assert {frame[1:3] for frame in frames} == {frames[0][1:3]}
    parts = [_chunk(b"VP8X", bytes([_MOVES, 0, 0, 0]) + size), _chunk(b"ANIM", bytes(6))]
    for frame in frames:
        where = bytes(6) + size + _three(frame.milliseconds) + b"\0"
        parts.append(_chunk(b"ANMF", where + _picture(frame.content)))
    return _chunk(b"RIFF", b"WEBP" + b"".join(parts))
