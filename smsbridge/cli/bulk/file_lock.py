"""One process at a time: a lock on an open file, which ends with the process, however that ends."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import msvcrt
    import os

    _FAR = 1 << 40  # a byte that nobody reads: on Windows a locked one can't be read

    def alone(file: int) -> bool:
        """Lock an open file, and tell whether nobody else had; closing it gives it free."""
        place = os.lseek(file, 0, os.SEEK_CUR)
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(file, place, os.SEEK_SET)
        return True

else:
    import fcntl

    def alone(file: int) -> bool:
        """Lock an open file, and tell whether nobody else had; closing it gives it free."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
