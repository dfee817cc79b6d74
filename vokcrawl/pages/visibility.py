"""Elements that are not part of the visible text: hidden ones, and those that plugins add."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vokcrawl.pages.tree import Element, ancestors

__all__ = ["hidden_elements", "omitted_elements"]

# Class names for hidden text, or text for screen readers.
_HIDDEN_CLASSES = frozenset(
    "sr-only screen-reader-text screen-reader-only visually-hidden visuallyhidden visually-hidden-focusable "  # noqa: SIM905
    "sr-only-focusable assistive-text a11y-hidden element-invisible hide-visually is-hidden "
    "ui-helper-hidden-accessible d-none hidden hide elementor-screen-only show-for-sr u-hidden-visually "
    "hidden-visually offscreen off-screen".split()
)
# Class names of Bootstrap and Tailwind that show such an element at some screen width.
_SHOWN_AT_A_WIDTH = re.compile(
    r"d-(?:sm|md|lg|xl|xxl)-(?!none)[a-z-]+|(?:sm|md|lg|xl|2xl):(?:block|flex|grid|inline|table|contents)[a-z-]*"
)
# Class names and ids (lower case, with hyphens) of what plugins add to a text: sharing and "like" buttons, related
# posts, page numbers, comments, newsletters, advertising.
_PLUGIN_NAMES = frozenset(
    "sharedaddy robots-nocontent yarpp yarpp-related relatedposts related-posts related-articles related-post "  # noqa: SIM905
    "wp-rp-wrap rp4wp-related-posts zem-rp-wrap crp-related similar-posts page-links post-nav-links link-pages "
    "wp-link-pages wp-pagenavi pagination pagelink page-numbers post-navigation nav-links post-pagination comments "
    "comments-area comment-list commentlist comment-respond respond disqus-thread fb-comments fb-like wpdiscuz "
    "social-share social-sharing share-buttons share-button sharing share-links share-post share-icons share-bar "
    "post-share entry-share article-share shariff sfsi-widget ssba ssbp-wrap essb-links novashare-buttons "
    "twitter-share-button pinit-button adsbygoogle advertisement advert newsletter newsletter-signup mc4wp-form "
    "mailpoet-form subscribe-form jetpack-subscription-widget post-views entry-views kk-star-ratings post-ratings "
    "wpulike wp-ulike likebtn author-box author-bio saboxplugin-wrap printfriendly pf-button ez-toc-container "
    "toc-container lwptoc breadcrumbs cookie-notice edit-link post-edit-link tags-links cat-links tag-links post-tags "
    "entry-tags wp-block-post-terms xdebug-error wpdberror tptn-counter post-views-counter".split()
)
_PLUGIN_PREFIXES = (
    "sharedaddy", "sd-", "jp-relatedposts", "jp-post-flair", "jetpack-likes", "jetpack-related", "addtoany", "a2a-",
    "addthis", "at-share", "at-above-post", "at-below-post", "heateor-s", "sfsi-", "essb-", "swp-social", "swp-button",
    "yarpp-", "crp-", "srp-", "sharethis", "st-btn", "wp-block-jetpack-like", "wp-block-jetpack-sharing",
    "wp-block-jetpack-related", "wp-block-comments", "wp-block-post-comments", "google-auto-placed", "mc4wp-",
    "mailpoet-", "wpulike-", "pvc-", "dpsp-", "social-warfare", "nc-social", "wpusb", "simplesocialbuttons",
    "mashsb-", "wp-block-social-link",
)  # fmt: skip
# Elements with an attribute that may hide them.
_MARKED = "[class], [id], [style], [hidden], dialog"
_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]*)", re.IGNORECASE)
_ZERO = re.compile(r"[+-]?0*\.?0*(?:px|em|rem|pt|%)?")
_NO_CLIP = re.compile(r"rect\((?:0|1px)(?:px)?(?:[\s,]+(?:0|1px)(?:px)?){3}\)|inset\((?:50|100)%.*\)|circle\(0.*\)")
_NO_SCALE = re.compile(r"scale(?:3d|[xy])?\(0(?:\.0*)?(?:,.*)?\)")
_FAR_AWAY = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%)?")
_LONGEST_STYLE = 2_000


def hidden_elements(root: Element) -> set[Element]:
    """Return the elements below `root` that are hidden by an attribute, an inline style or a known class name."""
    return {element for element in root.css(_MARKED) if _is_hidden(element)}


def omitted_elements(root: Element, content: Element | None) -> set[Element]:
    """Return the hidden elements and those of plugins.

    `content` and its ancestors are never included.
    """
    kept: set[Element] = set() if content is None else {content, *ancestors(content)}
    return {
        element
        for element in root.css(_MARKED)
        if element not in kept and element.tag not in ("html", "body", "main") and _is_omitted(element)
    }


def _is_omitted(element: Element) -> bool:
    attributes = element.attributes
    return _is_hidden(element) or any(map(_is_plugins, _names(attributes.get("class"), attributes.get("id"))))


def _is_plugins(name: str) -> bool:
    return name in _PLUGIN_NAMES or name.startswith(_PLUGIN_PREFIXES)


def _names(classes: str | None, identity: str | None) -> list[str]:
    return f"{classes or ''} {identity or ''}".lower().replace("_", "-").split()


def _is_hidden(element: Element) -> bool:
    attributes = element.attributes
    if "hidden" in attributes or (element.tag == "dialog" and "open" not in attributes):
        return True
    classes = (attributes.get("class") or "").split()
    if not _HIDDEN_CLASSES.isdisjoint(classes) and not any(map(_SHOWN_AT_A_WIDTH.fullmatch, classes)):
        return True
    style = attributes.get("style")
    return bool(style) and _hides(style or "")


def _hides(style: str) -> bool:
    """Whether an inline style hides its element."""
    declared = {
        name.lower(): value.lower().replace("!important", "").strip()
        for name, value in _DECLARATION.findall(style[:_LONGEST_STYLE])
    }
    if declared.get("display") == "none" or declared.get("visibility") in ("hidden", "collapse"):
        return True
    if any(_is_zero(declared.get(name)) for name in ("opacity", "font-size")):
        return True
    return _is_without_area(declared) or _is_off_screen(declared)


def _is_zero(value: str | None) -> bool:
    return bool(value) and _ZERO.fullmatch(value or "") is not None


def _is_without_area(declared: Mapping[str, str]) -> bool:
    """Whether an element is clipped or shrunk to nothing."""
    if declared.get("content-visibility") == "hidden" or _NO_SCALE.match(declared.get("transform", "")):
        return True
    if any(_NO_CLIP.fullmatch(declared.get(name, "")) for name in ("clip", "clip-path")):
        return True
    clipped = any(declared.get(name) in ("hidden", "clip") for name in ("overflow", "overflow-x", "overflow-y"))
    return clipped and any(_is_zero(declared.get(name)) for name in ("height", "max-height", "width", "max-width"))


def _is_off_screen(declared: Mapping[str, str]) -> bool:
    if declared.get("position") in ("absolute", "fixed") and any(
        _FAR_AWAY.fullmatch(declared.get(name, "")) for name in ("left", "top", "right")
    ):
        return True
    return _FAR_AWAY.fullmatch(declared.get("text-indent", "")) is not None
