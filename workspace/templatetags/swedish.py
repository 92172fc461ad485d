"""Words the templates need: dates, counts, whose turn, who is who."""

import uuid
from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspace import swedish
from workspace.clocks import days_since
from workspace.models import Agency, Function

register = template.Library()


@register.filter
def day(value: date | datetime | None) -> str:
    """«21 nov. 2026»."""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return swedish.say_date(value) if value else ""


@register.filter
def last_day(ends_at: datetime) -> str:
    """The day before something ends: what ends at midnight holds «till och med» the day before."""
    return swedish.say_date(timezone.localdate(ends_at - timedelta(seconds=1)))


@register.filter
def weekday(value: date | None) -> str:
    """«måndag 28 dec. 2026»."""
    return swedish.say_weekday_date(value) if value else ""


@register.filter
def full_day(value: date | datetime | None) -> str:
    """«21 november 2026»."""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return swedish.say_full_date(value) if value else ""


@register.filter
def full_weekday(value: date | datetime | None) -> str:
    """«torsdag 26 november»."""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return swedish.say_full_weekday(value) if value else ""


@register.filter
def hour(value: datetime | None) -> str:
    """«klockan 10»."""
    return swedish.say_hour(value) if value else ""


@register.filter
def month(value: date) -> str:
    """«dec.»."""
    return swedish.MONTHS[value.month - 1]


@register.filter
def near_day(value: date | datetime | None) -> str:
    """«i dag», «i går», else the date."""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return swedish.say_day(value) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """«i dag, 08.52»."""
    return swedish.say_moment(value) if value else ""


@register.filter
def clock(value: datetime | None) -> str:
    """«08.52»."""
    return swedish.say_time(value) if value else ""


@register.filter
def iso(value: date | datetime | None) -> str:
    return value.isoformat() if value else ""


@register.filter
def days_ago(value: datetime | None) -> int:
    """Calendar days from then to today."""
    return days_since(value) if value else 0


@register.filter
def days_until(value: date) -> int:
    """Calendar days from today to that day; negative when it has been."""
    return (value - timezone.localdate()).days


@register.filter
def positive(value: int) -> int:
    return abs(value)


@register.filter
def count(number: int, words: str) -> str:
    """`{{ 4|count:"sak,saker" }}` → «fyra saker»."""
    one, many = words.split(",")
    return swedish.say_count(number, one, many)


@register.filter
def possessive(name: str) -> str:
    """«Vuxenpsykiatrins», «Försäkringskassans», «LSS»: no second s after s, x or z."""
    return name if name.endswith(("s", "x", "z")) else f"{name}s"


@register.filter
def capitalised(text: str) -> str:
    """The first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


@register.simple_tag
def agency(who: Agency | Function, ours: bool = False, strong: bool = False, short: bool = False) -> SafeString:
    """An agency with its shape before its name, both always (design.md 5)."""
    body = who.agency if isinstance(who, Function) else who
    extra = f"{' ours' if ours else ''}{' strong' if strong else ''}"
    name = body.short_name if short else body.name
    return format_html('<span class="ag{}" data-kind="{}">{}</span>', extra, body.shape, name)


@register.simple_tag
def once() -> SafeString:
    """The key that makes sending a form twice do it once."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid.uuid4().hex)
