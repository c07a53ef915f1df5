"""Tell whether a zstd file ends where its last frame ends; its reader stops silently before."""

from typing import BinaryIO

import zstandard

_HEADER_BYTES = 18
_CHECKSUM_BYTES = 4
_BLOCK_BYTES = 3
_REPEATED = 1
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)


def is_whole(file: BinaryIO, size_bytes: int) -> bool:
    """Walk from block to block without decompressing any; moves the file's position.

    Args:
        file: A zstd file whose frames were read without an error.
        size_bytes: Its length.
    """
    position = 0
    while position < size_bytes:
        end = _find_frame_end(file, position)
        if end is None:
            return False
        position = end
    return position == size_bytes


def _find_frame_end(file: BinaryIO, position: int) -> int | None:
    """Where the frame at a position ends; `None` where it breaks off."""
    file.seek(position)
    header = file.read(_HEADER_BYTES)
    if int.from_bytes(header[:4], "little") in _SKIPPABLE:
        return position + 8 + int.from_bytes(header[4:8], "little")
    try:
        has_checksum = zstandard.get_frame_parameters(header).has_checksum
        position += zstandard.frame_header_size(header)
    except zstandard.ZstdError:
        return None
    is_last = False
    while not is_last:
        file.seek(position)
        block = file.read(_BLOCK_BYTES)
        if len(block) < _BLOCK_BYTES:
            return None
        head = int.from_bytes(block, "little")
        is_last, is_repeated, size = bool(head & 1), head >> 1 & 3 == _REPEATED, head >> 3
        position += _BLOCK_BYTES + (1 if is_repeated else size)
    return position + _CHECKSUM_BYTES * has_checksum
