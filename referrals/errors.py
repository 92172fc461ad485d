"""What sending can refuse."""

from workspace.errors import Refusal
from workspace.models import Category
from workspace.swedish import say_list


class MissingGround(Refusal):
    """A section has nothing it may rest on. `categories` are the ones that lack it."""

    def __init__(self, categories: list[Category], recipient: str) -> None:
        names = say_list([f"”{category.name.lower()}”" for category in categories])
        super().__init__(f"Det saknas grund för att lämna {names} till {recipient}.")
        self.categories = categories


class TooManyFilters(Refusal):
    """A coordinator has as many saved selections as may be kept."""
