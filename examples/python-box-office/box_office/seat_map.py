"""One event's seats, folded from the frames of `seatChanges`. Knows nothing of sockets."""

from collections import Counter
from typing import assert_never

from .generated import LiveSeatsSeatChangesSeatChanges as Changes
from .generated import LiveSeatsSeatChangesSeatSnapshot as Snapshot
from .generated import SeatStatus

Frame = Snapshot | Changes


class Gap(Exception):
    """A change is missing. The server promises that this never happens; a client looks anyway."""


class SeatMap:
    """Every seat's status as of one revision."""

    def __init__(self) -> None:
        self.status: dict[str, SeatStatus] = {}
        # Nothing was seen yet while it is None.
        self.revision: int | None = None
        # What to go on after when the connection is lost.
        self.cursor: str | None = None
        self.snapshots = 0
        self.changes = 0

    def take(self, frame: Frame) -> None:
        match frame:
            case Snapshot():
                # It is the whole map. What was there before is forgotten, not merged.
                self.status = {seat.seat_id: seat.status for seat in frame.seats}
                self.revision = frame.revision
                self.cursor = frame.cursor
                self.snapshots += 1
            case Changes():
                # Revisions have no holes, so one comparison shows that nothing was missed.
                if self.revision is None or frame.from_revision != self.revision + 1:
                    raise Gap(f"{frame.from_revision} does not follow {self.revision}")
                for change in frame.changes:
                    self.status[change.seat_id] = change.status
                self.revision = frame.to_revision
                self.cursor = frame.cursor
                self.changes += len(frame.changes)
            case _:
                assert_never(frame)

    def has_seen(self, revision: int) -> bool:
        return self.revision is not None and self.revision >= revision

    def __str__(self) -> str:
        count = Counter(self.status.values())
        numbers = ", ".join(f"{count[status]} {status.value.lower()}" for status in SeatStatus)
        return f"revision {self.revision}: {numbers}"
