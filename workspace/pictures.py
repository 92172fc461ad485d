"""Pictures of tables, as SVG: no script, no tooltip, nothing from elsewhere, no word of the tool. Pure."""

from typing import Any
from xml.etree.ElementTree import Element

from django.http import Http404, HttpResponse
from pygal.style import Style

# The light theme's colours (theme/samverkan.css): a picture can't read the page's.
INK, INK_2, SHEET, RULE, BRAND = "#232d2c", "#575f5e", "#ffffff", "#d8dada", "#00596b"


def frame(colours: tuple[str, ...], css: str, *, width: int, text: int = 14, **style: Any) -> dict[str, Any]:
    """What every picture shares. `width` and `text` (the size of its words) in units; the page scales them."""
    sizes = {**dict.fromkeys(("label", "major_label", "value", "title"), text), "legend": 12}
    plain = Style(
        background=SHEET,
        plot_background=SHEET,
        foreground=INK,
        foreground_strong=INK,
        foreground_subtle=INK,
        guide_stroke_color=RULE,
        major_guide_stroke_color=RULE,
        guide_stroke_dasharray="none",
        major_guide_stroke_dasharray="none",
        colors=colours,
        font_family="sans-serif",
        **{f"{name}_font_size": size for name, size in sizes.items()},
        opacity="1",
        transition="0s",
        **style,
    )
    return {
        "style": plain,
        "js": [],
        "css": ["file://style.css", "file://graph.css", f"inline:{css}"],
        "width": width,
        "legend_at_bottom": True,
        "truncate_legend": -1,
        "truncate_label": -1,
        "legend_box_size": 14,
        "margin": 8,
        "no_prefix": True,
        "disable_xml_declaration": True,
    }


def picture(chart: Any) -> HttpResponse:
    """A chart as an image; 404 where there is none."""
    if chart is None:
        raise Http404
    chart.add_xml_filter(bare)
    return HttpResponse(chart.render(), content_type="image/svg+xml")


def bare(root: Element) -> Element:
    """Take out pygal's comments, addresses and its empty script."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] in {"script", "title"}:
                parent.remove(child)
    return root
