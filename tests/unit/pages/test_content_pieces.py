"""What of a content element is text, and what is not: every mixture of these pieces gives the text of the visible ones.

Each piece is markup as WordPress, its plugins and themes, and web servers write it, with the lines that a reader sees.
"""

# ruff: noqa: E501
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.page_fixtures import read

URL = "http://site.test/newstream/1733799346-500000000/works-completed-in-sariwon/"
PAGE = """<!DOCTYPE html><html><head><meta charset="UTF-8"><title>Newstream | KCNA Watch</title></head><body>
<header><span>December 11, 2024</span><span>Dec 11, 2024</span></header><main><p>KCNA Voice of Korea (EN)</p>
<h1>Works completed in Sariwon</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p>
<div class="article-content">%s</div></main><footer><p>KCNA Watch</p></footer></body></html>"""
PARAGRAPHS = (
    "A new works was completed in Sariwon on Monday.",
    "Builders finished the last hall ahead of time.",
    "The works will serve the farms around the city.",
)
HIDING = (
    'style="display:none"',
    'style="DISPLAY : NONE !important"',
    'hidden=""',
    'hidden="until-found"',
    'style="visibility:hidden"',
    'class="sr-only"',
    'class="screen-reader-text"',
    'class="visually-hidden"',
    'style="color:red;display:none"',
    'style="opacity:0"',
    'style="position:absolute;left:-9999px"',
    'style="clip:rect(0 0 0 0);position:absolute"',
    'style="clip: rect(1px, 1px, 1px, 1px);position:absolute;height:1px;width:1px;overflow:hidden"',
    'style="height:0;overflow:hidden"',
    'style="max-height:0;overflow:hidden"',
    'style="text-indent:-9999px"',
    'style="font-size:0"',
    'style="width:0;height:0;overflow:hidden"',
    'style="content-visibility:hidden"',
    'style="transform:scale(0)"',
    'style="clip-path:inset(50%)"',
    'class="elementor-screen-only"',
    'class="show-for-sr"',
    'class="u-hidden-visually"',
    'class="hide"',
    'class="d-none"',
    'style="display:none;"',
    'style="display: &#110;one"',
    'style="/* x */display:none"',
)
FURNITURE = {
    "jetpack": '<div class="sharedaddy sd-sharing-enabled"><div class="robots-nocontent sd-block sd-social sd-social-icon-text sd-sharing"><h3 class="sd-title">Share this:</h3><div class="sd-content"><ul><li class="share-facebook"><a rel="nofollow noopener noreferrer" class="share-facebook sd-button share-icon" href="?share=facebook"><span>Click to share on Facebook (Opens in new window)</span> Facebook</a></li></ul></div></div></div>',
    "like": "<div class='sharedaddy sd-block sd-like jetpack-likes-widget-wrapper jetpack-likes-widget-unloaded' id='like-post-wrapper-1'><h3 class='sd-title'>Like this:</h3><div class='likes-widget-placeholder post-likes-widget-placeholder' style='height: 55px;'><span class='button'><span>Like</span></span> <span class=\"loading\">Loading...</span></div><span class='sd-text-color'></span><a class='sd-link-color'></a></div>",
    "related": "<div id='jp-relatedposts' class='jp-relatedposts'><h3 class='jp-relatedposts-headline'><em>Related</em></h3><div class='jp-relatedposts-items'><p><a href='/newstream/1733700000-7/other/'>Another article title</a></p><p class='jp-relatedposts-post-date'>December 9, 2024</p></div></div>",
    "addtoany": '<div class="addtoany_share_save_container addtoany_content addtoany_content_bottom"><div class="addtoany_header">Share this post</div><div class="a2a_kit"><a class="a2a_button_facebook" href="https://www.addtoany.com/add_to/facebook">Facebook</a></div></div>',
    "pages": '<p class="post-nav-links">Pages: <a href="x/1/" class="post-page-numbers">1</a> <span class="post-page-numbers current">2</span></p>',
    "pages2": '<div class="page-links">Pages: <a href="x/2/">2</a></div>',
    "pages no class": '<p>Pages: <a href="2/">1</a> <a href="3/">2</a></p>',
    "yarpp": "<div class='yarpp yarpp-related'><h3>Related posts:</h3><ol><li><a href='/newstream/1733700000-7/other/'>Other</a></li></ol></div>",
    "social": '<div class="heateor_sss_sharing_container"><div class="heateor_sss_sharing_title">Spread the love</div><a href="https://x.com/intent">X</a></div>',
    "wp block share": '<ul class="wp-block-social-links"><li class="wp-social-link"><a href="https://facebook.com">Facebook</a></li></ul>',
    "ads": '<div class="code-block code-block-1"><ins class="adsbygoogle"></ins></div>',
    "ad label": '<div class="advertisement">Advertisement</div>',
    "newsletter": '<div class="mc4wp-form"><p>Subscribe</p></div>',
    "edit link": '<span class="edit-link"><a class="post-edit-link" href="/wp-admin/post.php">Edit</a></span>',
    "postviews": '<div class="post-views content-post post-1"><span class="post-views-label">Post Views:</span> <span class="post-views-count">5</span></div>',
    "author": '<div class="saboxplugin-wrap"><p>By the editor</p></div>',
    "tags": '<div class="tags-links">Tags: <a href="/tag/x">x</a></div>',
    "prevnext": '<nav class="navigation post-navigation"><div class="nav-links"><a href="/newstream/1733700000-7/other/" rel="prev">Previous</a></div></nav>',
    "rating": '<div class="kk-star-ratings"><div>Rate this post</div></div>',
    "toc": '<div id="ez-toc-container"><p>Contents</p></div>',
    "print": '<div class="printfriendly"><a href="#">Print this</a></div>',
    "share button 2019": "<p>Share Button</p>",
    "contextual related": '<div class="crp_related"><h3>Related Posts:</h3><ul><li><a href="/newstream/1733700000-7/o/">O</a></li></ul></div>',
    "comments": '<div id="comments" class="comments-area"><h2>2 Comments</h2><ol><li><p>This is a comment by a reader who is long.</p></li></ol></div>',
    "wpforms": "<form><label>Name</label><input></form>",
    "button": "<button>Listen</button>",
    "novashare": '<div class="ns-buttons ns-inline"><a class="ns-button" href="https://fb.com"><span>Share</span></a></div>',
    "mashshare": '<aside class="mashsb-container"><div class="mashsb-count">0</div><span>SHARES</span></aside>',
    "tweet": '<p><a href="https://twitter.com/share" class="twitter-share-button">Tweet</a></p>',
    "read also block": "<div class='related-articles'><h4>Read also</h4><ul><li><a href='/newstream/1733700000-7/o/'>O</a></li></ul></div>",
    "template": "<template><p>no</p></template>",
    "script": '<p><script>var a="x"</script></p>',
    "noscript": "<noscript><p>Please turn on scripts</p></noscript>",
    "comment of the markup": "<!-- <p>no</p> -->",
}
SEEN = {
    "see also": (
        '<p>See also: <a href="/newstream/1733700000-7/other/">the first hall</a></p>',
        ("See also: the first hall",),
    ),
    "ibid": ('<p>Ibid. <a href="#fnref1">↩</a></p>', ("Ibid. ↩",)),
    "link-only para": (
        '<p><a href="/newstream/1733700000-7/other/">The first hall of the works</a></p>',
        ("The first hall of the works",),
    ),
    "link para ext": ('<p><a href="https://example.org/">Official report</a></p>', ("Official report",)),
    "table caption": ("<table><caption>Output by year</caption><tr><td>1</td></tr></table>", ("Output by year", "1")),
    "h2 in": ("<h2>World Champions</h2>", ("World Champions",)),
    "figure table": (
        '<figure class="wp-block-table"><table><tr><td>One</td></tr></table><figcaption>Table of output</figcaption></figure>',
        ("One", "Table of output"),
    ),
    "embed": (
        '<figure class="wp-block-embed"><div><iframe src="https://youtube.com/x"></iframe></div><figcaption>Film of the day</figcaption></figure>',
        ("Film of the day",),
    ),
    "video": (
        '<figure class="wp-block-video"><video src="/a.mp4">no video</video><figcaption>Film of the day</figcaption></figure>',
        ("Film of the day",),
    ),
    "audio": (
        '<figure><audio src="/a.mp3"></audio><figcaption>Song of the day</figcaption></figure>',
        ("Song of the day",),
    ),
    "blockquote": (
        "<blockquote><p>Quoted words here.</p><cite>Somebody</cite></blockquote>",
        ("Quoted words here.", "Somebody"),
    ),
    "blockquote footer": (
        "<blockquote><p>Quoted words here.</p><footer>Somebody</footer></blockquote>",
        ("Quoted words here.", "Somebody"),
    ),
    "pullquote": (
        '<figure class="wp-block-pullquote"><blockquote><p>Quoted words here.</p></blockquote></figure>',
        ("Quoted words here.",),
    ),
    "dl": ("<dl><dt>Term</dt><dd>Meaning</dd></dl>", ("Term", "Meaning")),
    "pre": ("<pre>line one\nline two</pre>", ("line one line two",)),
    "nobr": ("<p>The <nobr>3rd plenary</nobr> meeting was held.</p>", ("The 3rd plenary meeting was held.",)),
    "custom": ("<p>The <x-day>third</x-day> meeting was held.</p>", ("The third meeting was held.",)),
    "unknown": ("<p>The <foo>third</foo> meeting was held.</p>", ("The third meeting was held.",)),
    "ruby": (
        "<p>The <ruby>平壌<rp>(</rp><rt>Pyongyang</rt><rp>)</rp></ruby> news was read.</p>",
        ("The 平壌Pyongyang news was read.",),
    ),
    "wbr": ("<p>Kim<wbr>chi was made.</p>", ("Kimchi was made.",)),
    "sup": ("<p>Ten m<sup>2</sup> were built.</p>", ("Ten m2 were built.",)),
    "bdo": ('<p>The <bdo dir="ltr">third</bdo> one.</p>', ("The third one.",)),
    "emoji": (
        '<p>Good <img src="https://s.w.org/images/core/emoji/14/72x72/1f600.png" class="wp-smiley" alt="😀"> day.</p>',
        ("Good 😀 day.",),
    ),
    "emoji2": (
        '<p>Good <img role="img" class="emoji" draggable="false" alt="🙂" src="https://s.w.org/images/core/emoji/x.svg"> day.</p>',
        ("Good 🙂 day.",),
    ),
    "cfemail": (
        '<p>Write to <span class="__cf_email__" data-cfemail="7d171214133d0e180f0b1253120f1a">[email&#160;protected]</span> now.</p>',
        ("Write to join@servo.org now.",),
    ),
    "cfmailto": (
        '<p>Write to <a href="/cdn-cgi/l/email-protection#7d171214133d0e180f0b1253120f1a">us</a> now.</p>',
        ("Write to us now.",),
    ),
    "cf bad": (
        '<p>Write to <span data-cfemail="zz">[email protected]</span> now.</p>',
        ("Write to [email protected] now.",),
    ),
    "date in": ("<p>December 10, 2024</p>", ("December 10, 2024",)),
    "kcna tail": ("<p>-0-</p><p>www.kcna.kp (2025.01.10.)</p>", ("-0-", "www.kcna.kp (2025.01.10.)")),
    "font": ("<p><font color=red>Red words here.</font></p>", ("Red words here.",)),
    "center": ("<center>Centred words here.</center>", ("Centred words here.",)),
    "bare text": ("Bare words here.", ("Bare words here.",)),
    "bare br": ("Bare words here.<br><br>Others are here.", ("Bare words here.", "Others are here.")),
    "div": ("<div>Words in a div.</div>", ("Words in a div.",)),
    "section h4 end": ("<h4>By line</h4>", ("By line",)),
    "list": ("<ul><li>One thing</li><li>Two things</li></ul>", ("One thing", "Two things")),
    "list of links ext": (
        '<ul><li><a href="https://a.org/">One thing</a></li><li><a href="https://b.org/">Two things</a></li></ul>',
        ("One thing", "Two things"),
    ),
    "warning sentence": ("<p>Warning: the road is closed on line 5.</p>", ("Warning: the road is closed on line 5.",)),
    "more from para": (
        "<p>More from the fields was brought in than last year.</p>",
        ("More from the fields was brought in than last year.",),
    ),
    "source para": ("<p>Source: the ministry said so.</p>", ("Source: the ministry said so.",)),
    "date para": ("<p>Date: the tenth of December, said he.</p>", ("Date: the tenth of December, said he.",)),
    "comments para": ("<p>2 Comments</p>", ("2 Comments",)),
    "related para": ("<p>Related news</p>", ("Related news",)),
    "aside": ("<aside><p>Words in an aside.</p></aside>", ("Words in an aside.",)),
    "math": ("<p>It is <math><mi>x</mi><mo>=</mo><mn>1</mn></math> here.</p>", ("It is x=1 here.",)),
    "label": ("<p><label>Name of it</label></p>", ("Name of it",)),
    "address": ("<address>Street One</address>", ("Street One",)),
    "hgroup": ("<hgroup><h3>Part</h3><p>Sub</p></hgroup>", ("Part", "Sub")),
    "caption class on p": ('<p class="wp-caption-text">Words alone.</p>', ("Words alone.",)),
    "footnotes": (
        '<ol class="wp-block-footnotes"><li id="f1">Report of 2020. <a href="#r1">↩︎</a></li></ol>',
        ("Report of 2020. ↩︎",),
    ),
    "marquee": ("<marquee>Runs along here.</marquee>", ("Runs along here.",)),
    "kcna line": ("<p>KCNA</p>", ("KCNA",)),
    "home": ("<p>Home</p>", ("Home",)),
    "one word": ("<p>Pyongyang</p>", ("Pyongyang",)),
    "share sentence": ("<p>Share this: a loaf, he said.</p>", ("Share this: a loaf, he said.",)),
    "upgrade word": ("<p>They upgrade to new machines.</p>", ("They upgrade to new machines.",)),
    "shown by a later declaration": (
        '<p style="display:none;display:block">A reader sees this.</p>',
        ("A reader sees this.",),
    ),
    "aria-hidden": ('<p aria-hidden="true">A reader sees this.</p>', ("A reader sees this.",)),
}
PICTURES = {
    "plain": ('<p><img src="/a.jpg"></p>', ("/a.jpg",)),
    "lazy data-src": ('<p><img src="data:image/gif;base64,R0" data-src="/a.jpg"></p>', ("/a.jpg",)),
    "picture": ('<picture><source srcset="/a.webp" type="image/webp"><img src="/a.jpg"></picture>', ("/a.jpg",)),
    "noscript": (
        '<p><img class="lazyload" src="data:image/gif;base64,R0"><noscript><img src="/a.jpg"></noscript></p>',
        ("/a.jpg",),
    ),
    "pixel": ('<img src="/pixel.php?id=1" width="1" height="1">', ()),
    "pixel style": ('<img src="/t.php" style="width:1px;height:1px">', ()),
    "hidden": ('<img src="/a.jpg" style="display:none">', ()),
    "hidden parent": ('<div style="display:none"><img src="/a.jpg"></div>', ()),
    "fb": ('<img src="https://www.facebook.com/tr?id=1">', ()),
    "avatar": ('<img class="avatar avatar-32 photo" src="https://secure.gravatar.com/avatar/x">', ()),
    "placeholder only": ('<img src="/wp-content/plugins/lazy/placeholder.png">', ()),
    "dup": ('<img src="/a.jpg"><img src="/a.jpg">', ("/a.jpg",)),
    "data-lazy-src": ('<img src="/blank.gif" data-lazy-src="/b.jpg">', ("/b.jpg",)),
    "data-srcset": ('<img src="data:," data-srcset="/c.jpg 1x, /c2.jpg 2x">', ("/c.jpg",)),
    "data-lazy-srcset": ('<img src="/1x1.gif" data-lazy-srcset="/d.jpg 300w">', ("/d.jpg",)),
    "svg placeholder": ('<img src="data:image/svg+xml,%3Csvg" data-src="/d.jpg">', ("/d.jpg",)),
    "empty src": ('<img src="" data-src="/d.jpg">', ("/d.jpg",)),
    "spaced": ('<img src=" /d.jpg ">', ("/d.jpg",)),
    "logo kept out": ('<img src="/uploads/sites/4/2019/01/Voice-of-Korea-EN.jpg">', ()),
    "spacer": ('<img src="/spacer.gif">', ()),
    "named loading": ('<img src="/uploads/loading-dock.jpg">', ("/uploads/loading-dock.jpg",)),
    "named gray": ('<img src="/uploads/gray-horses.jpg">', ("/uploads/gray-horses.jpg",)),
    "named empty": ('<img src="/uploads/empty-hall.jpg">', ("/uploads/empty-hall.jpg",)),
    "named trans": ('<img src="/uploads/trans-siberian.jpg">', ("/uploads/trans-siberian.jpg",)),
    "named clear": ('<img src="/uploads/clear-sky.jpg">', ("/uploads/clear-sky.jpg",)),
    "named blank": ('<img src="/uploads/point-blank.jpg">', ("/uploads/point-blank.jpg",)),
    "lazy noscript + data-src": (
        '<img src="/lazy.gif" data-src="/d.jpg"><noscript><img src="/d.jpg"></noscript>',
        ("/d.jpg",),
    ),
    "image in link": ('<a href="/full.jpg"><img src="/d.jpg"></a>', ("/d.jpg",)),
    "w3 total": ('<img class="lazy" src="data:image/svg+xml" data-src="/d.jpg" data-srcset="/d.jpg 2x">', ("/d.jpg",)),
    "base64 real": ('<img src="data:image/png;base64,iVBOR">', ()),
    "of a gallery's own file": ('<img src="/1x1.gif" data-orig-file="/d.jpg">', ("/d.jpg",)),
    "of AMP": ('<amp-img src="/e.jpg"></amp-img>', ("/e.jpg",)),
}
SERVER_OUTPUT = {
    "br b": "<br />\n<b>Warning</b>:  Undefined variable $caption in <b>/var/www/html/wp-content/themes/k/single.php</b> on line <b>44</b><br />",
    "notice": "<br />\n<b>Notice</b>:  Trying to get property 'ID' of non-object in <b>/home/site/public_html/wp-content/plugins/x/y.php</b> on line <b>3</b><br />\n",
    "deprecated": "<br /><b>Deprecated</b>:  Function create_function() is deprecated in <b>C:\\inetpub\\x.php</b> on line <b>3</b><br />",
    "plain": "PHP Warning:  foo(): bar in /var/www/a.php on line 3",
    "two": "<br /><b>Warning</b>:  a in <b>/a/b.php</b> on line <b>1</b><br /><br /><b>Warning</b>:  c in <b>/a/b.php</b> on line <b>2</b><br />",
    "db": '<div id="error"><p class="wpdberror"><strong>WordPress database error:</strong> [Table \'x.y\' doesn\'t exist]<br /><code>SELECT * FROM y</code></p></div>',
    "p": "<p><b>Strict Standards</b>:  Only variables should be passed by reference in <b>/var/www/x.php</b> on line <b>9</b></p>",
    "eval": "<br /><b>Warning</b>:  x in <b>/var/www/x.php(33) : eval()'d code</b> on line <b>9</b><br />",
    "xdebug": "<table class='xdebug-error xe-warning' dir='ltr'><tr><th>( ! ) Warning: Undefined variable $x in /var/www/html/a.php on line <i>4</i></th></tr><tr><th>Call Stack</th></tr><tr><td>1</td><td>0.0001</td></tr></table>",
    "wp 6.7 notice": '<br />\n<b>Notice</b>:  Function _load_textdomain_just_in_time was called <strong>incorrectly</strong>. Translation loading for the <code>acf</code> domain was triggered too early. Please see <a href="https://developer.wordpress.org/advanced-administration/debug/debug-wordpress/">Debugging in WordPress</a> for more information. (This message was added in version 6.7.0.) in <b>/var/www/html/wp-includes/functions.php</b> on line <b>6114</b><br />',
    "headers sent": "<br />\n<b>Warning</b>:  Cannot modify header information - headers already sent by (output started at /var/www/html/wp-config.php:1) in <b>/var/www/html/wp-includes/pluggable.php</b> on line <b>1435</b><br />",
}

# Markup, the lines that a reader sees of it, and its pictures.
Piece = tuple[str, tuple[str, ...], tuple[str, ...]]
PIECES: dict[str, Piece] = {
    **{f"paragraph {at}": (f"<p>{text}</p>", (text,), ()) for at, text in enumerate(PARAGRAPHS)},
    **{f"hidden by {how}": (f"<p {how}>Nobody sees this line of text</p>", (), ()) for how in HIDING},
    **{f"hidden span by {how}": (f"<p>See<span {how}>n</span>.</p>", ("See.",), ()) for how in HIDING},
    **{f"furniture: {name}": (markup, (), ()) for name, markup in FURNITURE.items()},
    **{f"text: {name}": (markup, lines, ()) for name, (markup, lines) in SEEN.items()},
    **{f"pictures: {name}": (markup, (), images) for name, (markup, images) in PICTURES.items()},
    **{f"server output: {name}": (markup, (), ()) for name, markup in SERVER_OUTPUT.items()},
}


def check(*pieces: Piece) -> None:
    item, unfit = read((PAGE % "".join(markup for markup, _, _ in pieces)).encode(), URL)
    assert item["body"].split("\n\n") == [line for _, lines, _ in pieces for line in lines]
    images = dict.fromkeys(f"http://site.test{each}" for _, _, pictures in pieces for each in pictures)
    assert [each["url"] for each in item["images"]] == list(images)
    assert unfit is None
    assert (item["title"], item["published_on"]) == ("Works completed in Sariwon", "2024-12-10")


@pytest.mark.parametrize("name", PIECES)
def test_piece_of_content_gives_its_visible_lines(name: str) -> None:
    first, second, third = (PIECES[f"paragraph {at}"] for at in range(3))
    check(first, PIECES[name], second, third)
    check(first, second, third, PIECES[name])
    check(PIECES[name], first, second, third)


@given(st.lists(st.sampled_from(sorted(PIECES)), max_size=8))
def test_every_mixture_of_pieces_gives_their_visible_lines(names: list[str]) -> None:
    pieces = [PIECES[name] for name in names]
    check(PIECES["paragraph 0"], *(each for piece in pieces for each in (piece, PIECES["paragraph 1"])))
