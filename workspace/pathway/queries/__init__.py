"""The only ways to read somebody's way. Import from here."""

from workspace.pathway.queries.enrolments import access_way, cooperations_open_to, present_stay, ways_of

__all__ = ["access_way", "cooperations_open_to", "present_stay", "ways_of"]
