"""What the meetings' actions refuse, with what a page needs in order to say it at the right place."""

from collections.abc import Sequence

from workspace.errors import NotAllowed
from workspace.swedish import say_list


class CircleNotCovered(NotAllowed):
    """A consent does not reach every agency of a circle. All or nothing: nobody is told anything."""

    def __init__(self, lacking: Sequence[str]) -> None:
        super().__init__(f"Samtycket täcker inte {say_list(list(lacking))}. Ingenting har lämnats ut.")
        self.lacking = list(lacking)


class NoteHasMoved(NotAllowed):
    """Somebody of the same agency has saved a newer note. Both texts are kept: theirs here, one's own in the form."""

    status = 409

    def __init__(self, theirs: str, version: int) -> None:
        super().__init__("Någon hos er har sparat en nyare anteckning. Din text finns kvar här. Spara, så ser du båda.")
        self.theirs, self.version = theirs, version


class AlreadyActive(NotAllowed):
    """The participant has an active conversation with exactly these desks. `pk` is that conversation's."""

    def __init__(self, pk: int) -> None:
        super().__init__("Det finns redan ett samtal på gång med samma enheter. Öppna det i stället.")
        self.pk = pk


class TextHasMoved(NoteHasMoved):
    """Somebody has saved a newer text of one's part of an agreement, or of what is common to it. Both are kept."""

    def __init__(self, theirs: str, version: int) -> None:
        super().__init__(theirs, version)
        self.sentence = "Någon har sparat en nyare text. Din text finns kvar här. Läs båda, och spara."
