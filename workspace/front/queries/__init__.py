"""What the start page gathers from all floors."""

from workspace.front.queries.today import coming, happenings, to_do

__all__ = ["coming", "happenings", "to_do"]
