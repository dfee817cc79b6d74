"""Class names and words of the site, of themes and of plugins: all that the readers of this package look for."""

from __future__ import annotations

import re

__all__ = [
    "BOT_CHECK_WORDS",
    "BYLINES",
    "CONTENT_CLASS",
    "DATE_CLASS",
    "DESCRIPTION_CLASS",
    "END_OF_LIST",
    "FRAME_HEADINGS",
    "MEDIA_LINE",
    "META_BEGINS",
    "META_CONTINUES",
    "META_LABEL",
    "METERING",
    "MORE_FROM",
    "MORE_WORDS",
    "NEWSLETTER_LINES",
    "NEXT_CLASSES",
    "NEXT_WORDS",
    "NOTHING_MORE",
    "PAGE_NUMBERS",
    "PASSWORD_FORM",
    "PASSWORD_WORDS",
    "PENDING_IMAGE",
    "PREVIOUS_NEXT",
    "READ_MORE_LINKS",
    "READ_ORIGINAL",
    "SECTIONS_BELOW",
    "SHARE_LINES",
    "SHARE_LINKS",
    "SIGN_UP_CLASSES",
    "SIGN_UP_PATH",
    "WHOLE_METERING",
]

# Class names of the element with an article's text, of a teaser's text in a listing, and of a teaser's date.
CONTENT_CLASS = "article-content"
DESCRIPTION_CLASS = "article-desc"
DATE_CLASS = "articled-date"
# The heading of the block below an article.
MORE_FROM = re.compile(r"more from\b\s*(.{1,100}[^.!?…\s])", re.IGNORECASE)
# Headings and lines of the page header.
FRAME_HEADINGS = re.compile(
    r"(newstream\s*\|\s*)?kcna watch( logo)?|kcna|newstream|browse|menu|search|home", re.IGNORECASE
)
# The line above a headline: "KCNA" and the name of a source, or a name with its language.
MEDIA_LINE = re.compile(r"(?:kcna\s+)?(?:\S.{0,60}\s)?\((?:en|kr|ko|eng|kor)\)", re.IGNORECASE)
# Lines around the text in the layout of 2019.
SHARE_LINES = re.compile(r"share button", re.IGNORECASE)
NEWSLETTER_LINES = re.compile(
    r"get north korea headlines delivered to your inbox.{0,40}|subscribe to (?:the|our) .{0,60}daily update.{0,120}",
    re.IGNORECASE,
)
# Part of the file name of the placeholder for an image that is being uploaded.
PENDING_IMAGE = "image-uploading"
# The meta line above an article's text.
META_LABEL = re.compile(r"(?<![A-Za-z])(?:(date|source)\s*:|(read original version)(?: at source)?)", re.IGNORECASE)
META_BEGINS = re.compile(r"(?:date|source)\s*:", re.IGNORECASE)
META_CONTINUES = re.compile(r"source\s*:|read original version", re.IGNORECASE)
READ_ORIGINAL = re.compile(r"(?<![A-Za-z])read original version", re.IGNORECASE)
# The complete text of a "More Articles" link or button: the site's own words, those of its search and television
# pages, and those of common themes. Not "More" or "Read more", which lead elsewhere.
_THINGS = r"(articles|results|posts|news|stories|entries)"
MORE_WORDS = re.compile(
    rf"\W*(((load|view|show|see|get)\W{{1,3}})?more\W{{1,3}}{_THINGS}|(load|view|show|see|get)\W{{1,3}}more"
    rf"|older\W{{1,3}}{_THINGS})\W*(\d+\W*)?",
    re.IGNORECASE,
)
# Lines below the last teaser of a list.
END_OF_LIST = re.compile(rf"{MORE_WORDS.pattern}|more from\b.*", re.IGNORECASE)
# The words in place of teasers behind the last one: WordPress's own, those of its themes, and of plugins that
# load more while the reader scrolls.
_ENTRIES = r"(?:posts?|articles?|results?|entries|items|stories|news|content|pages?)"
NOTHING_MORE = re.compile(
    r"\W*(?:(?:no|nothing) (?:more|further)\b.{0,80}"
    r"|nothing (?:was )?found\b.{0,80}"
    rf"|(?:sorry\W{{1,3}}(?:but )?)?(?:no|nothing) (?:{_ENTRIES} )?(?:were |was |have been )?"
    r"(?:found|matche[ds])\b.{0,80}"
    rf"|no {_ENTRIES} to (?:show|display|load)\b.{{0,40}}"
    rf"|(?:that\Ws all\W{{1,3}})?you(?:\Wve| have) reached the end\b.{{0,80}}"
    rf"|(?:the )?end of (?:the |this )?(?:list|archive|{_ENTRIES})|all {_ENTRIES} (?:have been )?loaded)\W*",
    re.IGNORECASE | re.DOTALL,
)
# Links to the next page of a listing in WordPress's themes, blocks and plugins. What is older is its "previous" one.
NEXT_CLASSES = frozenset(
    ["next", "wp-block-query-pagination-next", "nextpostslink", "nav-previous", "alignleft", "older-posts"]
    + ["pagination-next", "next-page", "page-next", "older"]
)
NEXT_WORDS = re.compile(
    r"\W*(?:(?:go to )?(?:the )?next(?:\W{1,3}page)?|older(?:\W{1,3}(?:entries|posts|articles|news))?)\W*|[»›→]",
    re.IGNORECASE,
)
# Texts of links that are no titles.
READ_MORE_LINKS = re.compile(
    r"\W*((read|see|learn|find out|view)? ?(more|on)|continue reading|details|full story)\W*", re.I
)
# Lines that WordPress, themes and plugins add to a text.
BYLINES = re.compile(
    r"(?:posted|published|updated|last updated|written)\b.{0,60}|by [\w .'-]{1,40}|\d+ (?:views?|min(?:utes?)? read)",
    re.IGNORECASE,
)
PASSWORD_WORDS = re.compile(
    r"this (?:content|post|article) is (?:password[ -]protected|protected by a password)\b", re.I
)
SHARE_LINKS = re.compile(
    r"(?:share|like) this:?|(?:click to )?(?:share|print|e-?mail|tweet|pin)(?: (?:this|it|a link))?"
    r"(?: (?:on|via|with|to) [\w ]{1,30})?(?: \(opens in new window\))?"
    r"|(?:like )?loading\s?(?:\.{3}|…)|be the first to like this\.?",
    re.IGNORECASE,
)
PAGE_NUMBERS = re.compile(r"pages?:?(?:\s*(?:\d+|next|previous|»|«))+", re.IGNORECASE)
PREVIOUS_NEXT = re.compile(
    r"\W*(?:previous|next|prev|older|newer)(?: (?:article|post|page|story|entry))?s?\W*", re.IGNORECASE
)
# Headings of the sections that themes add below a text.
SECTIONS_BELOW = re.compile(
    r"(?:\d+|one|no|two|three)?\s*(?:comments?|responses?|replies|repl(?:y|ies)|thoughts? on .{1,200}|trackbacks?)"
    r"(?: (?:to|on) .{1,200})?(?:\s*\(\d+\))?|leave (?:a|your) (?:reply|comment|response).{0,60}"
    r"|join the (?:discussion|conversation)|related(?: (?:posts?|articles?|news|stories|content))?:?"
    r"|you (?:may|might) also (?:like|enjoy).{0,20}|tags?:?"
    r"|popular(?: (?:posts?|articles?))?|discussion|share (?:this|on).{0,30}",
    re.IGNORECASE,
)
# The form that WordPress shows instead of a post that needs a password.
PASSWORD_FORM = "form.post-password-form, form input[name=post_password]"  # noqa: S105
# The sentence below a truncated article: a part of it, and the whole.
METERING = re.compile(r"\bupgrade to nk pro\b|\bto get full access to this content\b", re.IGNORECASE)
WHOLE_METERING = re.compile(r"\bupgrade to nk pro\b.*\bfull access to this content\b", re.IGNORECASE | re.DOTALL)
# Path of the page that asks visitors to sign up, and class names of its form.
SIGN_UP_PATH = "free-member-form"
SIGN_UP_CLASSES = ("nk-paywall-free-member-form", "free-member-form-inner")
# Titles and first sentences of bot checks: Cloudflare, Sucuri, Wordfence, Incapsula, AWS WAF, LiteSpeed, DataDome,
# SiteGround, Imperva, PerimeterX, DDoS-Guard, Anubis, Vercel.
BOT_CHECK_WORDS = re.compile(
    r"just a moment\b|attention required\b|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|verifying that you are not a robot|enable javascript and cookies to continue|sorry, you have been blocked"
    r"|needs to review the security of your connection|sucuri website firewall|you are being redirected\.\.\."
    r"|please enable javascript before you are allowed to see this page|access to this site has been limited"
    r"|generated by wordfence|advanced blocking in effect|incapsula incident|human verification"
    r"|let'?s confirm you are human|verify that you'?re not a robot|one moment, please"
    r"|please wait while your request is being verified|bot verification"
    r"|please enable js and disable any ad ?blocker|robot challenge|checking the site "
    r"connection security|pardon our interruption|access to this page has been denied|press (?:&|and) hold to confirm"
    r"|ddos-guard|making sure you'?re not a bot|establishing a secure connection"
    r"|access denied \|.{1,80} used cloudflare to restrict access|vercel security checkpoint"
    r"|are you a robot|i'?m not a robot|unusual traffic from your|security check\b|bot check\b",
    re.IGNORECASE,
)
