"""The metering sentence is cut out of a text, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from tests.support.page_mutations import SKINS, articles, path_of, rendered
from vokcrawl.pages.block_pages import BlockPage, cut_metering, find_block_page, redirects_to_block_page

SENTENCE = "Upgrade to NK PRO today to get full access to this content except for users based in South Korea"


@pytest.mark.parametrize(
    ("paragraph", "kept"),
    [
        (SENTENCE, ""),
        (f"{SENTENCE}.", ""),
        (SENTENCE.upper(), ""),
        (f"The choir sang... {SENTENCE}", "The choir sang..."),
        (f'The choir sang. "It was good." {SENTENCE}', 'The choir sang. "It was good."'),
        (f"The choir sang… {SENTENCE}", "The choir sang…"),
        ("Please log in to get full access to this content.", ""),
    ],
)
def test_the_sentence_goes_and_the_text_before_it_stays(paragraph: str, kept: str) -> None:
    assert cut_metering(paragraph) == (kept, True)


@pytest.mark.parametrize("paragraph", ["", "They upgraded the mill.", "A pro choir has full access to the hall."])
def test_other_sentences_are_not_changed(paragraph: str) -> None:
    assert cut_metering(paragraph) == (paragraph, False)


@given(st.text())
def test_any_text_without_the_sentence_stays_as_it_is_and_with_it_only_gets_shorter(text: str) -> None:
    kept, truncated = cut_metering(text)
    assert truncated or kept == text
    cut, truncated = cut_metering(f"{text}. {SENTENCE}")
    assert truncated
    assert f"{text}.".startswith(cut)
    assert cut_metering(cut) == (cut, False)


@pytest.mark.parametrize(
    ("asked", "got", "block_page"),
    [
        ("/newstream/", "/free-member-form/", BlockPage.SIGN_UP),
        ("/newstream/", "/join/free-member-form?next=/", BlockPage.SIGN_UP),
        ("/newstream/", "/", BlockPage.FRONT_PAGE),
        ("/newstream/", "", BlockPage.FRONT_PAGE),
        ("/newstream/", "/newstream/", None),
        ("/newstream", "/newstream/", None),
        ("/", "/", None),
        ("", "/", None),
    ],
)
def test_a_redirect_to_a_sign_up_page_is_a_block_page(asked: str, got: str, block_page: BlockPage | None) -> None:
    assert redirects_to_block_page(f"http://site.test{asked}", f"http://site.test{got}") is block_page


@pytest.mark.parametrize(
    ("body", "block_page"),
    [
        (b"<div class='nk-paywall-free-member-form'>Sign up</div>", BlockPage.SIGN_UP),
        (b"<h1>Just a moment...</h1>", BlockPage.BOT_CHECK),
        (b"<meta name='kcsc' content='blocking' /><p>\xc1\xc2</p>", BlockPage.NATIONAL_BLOCK),
        (b"<h1>Page not found</h1>", None),
        (b"", None),
        (b"\xff\xfe\x00", None),
    ],
)
def test_a_block_page_is_recognised_by_its_words(body: bytes, block_page: BlockPage | None) -> None:
    assert find_block_page(body) is block_page


@pytest.mark.parametrize(
    ("body", "block_page"),
    [
        (b'<div class="free-member-form-inner">', BlockPage.SIGN_UP),
        (b"<TITLE>ATTENTION REQUIRED!</TITLE>", BlockPage.BOT_CHECK),
        (b"<form>Please solve the CAPTCHA</form>", BlockPage.BOT_CHECK),
        (b'<META NAME="KCSC" CONTENT="BLOCKING"><p>just a moment</p>', BlockPage.NATIONAL_BLOCK),
        (b'<meta name="description" content="blocking of a road">', None),
        (b"<p>filler</p>" * 10_000 + b"<p>captcha</p>", None),
    ],
)
def test_block_page_words_match_in_any_case_and_only_on_short_pages(body: bytes, block_page: BlockPage | None) -> None:
    assert find_block_page(body) is block_page


@pytest.mark.parametrize("skin", SKINS)
@pytest.mark.parametrize("path", ["/", "/newstream/", "/article/163/", "/article/163/page/3/", "/nowhere/"])
def test_no_page_of_the_site_but_its_sign_up_form_is_a_block_page(path: str, skin: str) -> None:
    assert find_block_page(rendered(path, skin).encode()) is None
    assert find_block_page(rendered("/free-member-form/", skin).encode()) is BlockPage.SIGN_UP


@pytest.mark.parametrize("skin", SKINS)
def test_no_article_of_the_site_is_a_block_page(skin: str) -> None:
    for article in articles(skin):
        assert find_block_page(rendered(path_of(article), skin).encode()) is None


@given(st.binary(), st.text(), st.text())
def test_no_page_and_no_address_makes_it_raise(body: bytes, asked: str, got: str) -> None:
    find_block_page(body)
    redirects_to_block_page(asked, got)


@pytest.mark.parametrize("body", [b"<meta name=kcsc " * 4000, b"<meta" * 12_000, b"<meta " + b"name=" * 12_000])
def test_a_hostile_page_is_searched_in_limited_time(body: bytes) -> None:
    with cpu_limit():
        find_block_page(body)


def challenge(title: str, text: str) -> bytes:
    """A check of visitors, as the services write it: a title, a few words, and scripts."""
    return (
        f"<html><head><title>{title}</title><script src='/cdn-cgi/challenge-platform/x.js'></script></head>"
        f"<body><div class='main'><h1>site.test</h1><p>{text}</p></div></body></html>"
    ).encode()


CHECKS = {
    "Cloudflare": challenge("Just a moment...", "Enable JavaScript and cookies to continue"),
    "Cloudflare's block": challenge("Attention Required! | Cloudflare", "Sorry, you have been blocked"),
    "Sucuri": challenge("Sucuri WebSite Firewall - Access Denied", "Access Denied"),
    "Sucuri's redirect": challenge("You are being redirected...", "Javascript is required."),
    "Wordfence": challenge("Blocked", "Your access to this site has been limited by the site owner"),
    "Incapsula": b"<html><head></head><iframe id='main-iframe' src='/_Incapsula_Resource?x=1'>Request "
    b"unsuccessful. Incapsula incident ID: 1-2</iframe></html>",
    "AWS WAF": challenge("Human Verification", "Let's confirm you are human"),
    "LiteSpeed": challenge("One moment, please...", "Please wait while your request is being verified..."),
    "DataDome": b"<html><head><title>site.test</title></head><body><p id='cmsg'>Please enable JS and disable any ad "
    b"blocker</p><script src='https://ct.captcha-delivery.com/c.js'></script></body></html>",
    "SiteGround": b"<html><head><link rel='icon' href='data:,'><meta http-equiv='refresh' "
    b"content='0;/.well-known/sgcaptcha/?r=%2F'></head></html>",
    "Cloudflare's firewall": challenge(
        "Access denied | site.test used Cloudflare to restrict access", "Error code 1020"
    ),
    "Anubis": challenge("Making sure you&#39;re not a bot!", "Loading..."),
    "Vercel": challenge("Vercel Security Checkpoint", "We're verifying your browser"),
    "Imperva": challenge("Pardon Our Interruption", "As you were browsing something about your browser made us think"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_page_of_each_service_is_a_check(name: str) -> None:
    assert find_block_page(CHECKS[name]) is BlockPage.BOT_CHECK
    assert find_block_page(CHECKS[name], 403, {"server": "x"}) is BlockPage.BOT_CHECK


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (403, {"cf-mitigated": "challenge"}, b"<p>x</p>"),
        (200, {"cf-mitigated": "challenge"}, b""),
        (405, {"x-amzn-waf-action": "captcha"}, b"<html></html>"),
        (202, {"x-amzn-waf-action": "challenge"}, b""),
        (202, {}, b" "),
    ],
)
def test_headers_alone_mark_a_check(status: int, headers: dict[str, str], body: bytes) -> None:
    assert find_block_page(body, status, headers) is BlockPage.BOT_CHECK


CONTACT = (
    "<form action='/contact/'><label>Your name <input></label><div class='g-recaptcha' data-sitekey='x'></div>"
    "<p>This site is protected by reCAPTCHA and the Google Privacy Policy and Terms of Service apply.</p></form>"
    "<script src='https://www.google.com/recaptcha/api.js'></script>"
)
NAVIGATION = "<nav><a href='/'>Home</a> <a href='/newstream/'>Newstream</a> <a href='/contact/'>Contact</a></nav>"


@pytest.mark.parametrize(
    "body",
    [
        f"<html>{NAVIGATION}<h1>Page not found</h1><p>There is nothing here.</p>{CONTACT}</html>",
        f"<html>{NAVIGATION}<h1>Internal error</h1>{CONTACT}</html>",
        f"<h1>Reply message to the choir</h1>{CONTACT}<p>{'The choir sang on. ' * 20}</p>",
        "<h1>Page not found</h1><script>var a = 'Just a moment...';</script>",
        "<h1>Page not found</h1><a href='/just-a-moment-captcha/'>News</a>",
        "<h1>Page not found</h1><!-- captcha cf-chl -->",
        "<h1>Newstream</h1><p>There is nothing here yet.</p><p hidden>Checking your browser</p>",
        f"<p>{'The mill works. ' * 200}</p><p>Checking your browser</p>",
        "<style>.free-member-form-inner, .nk-paywall-free-member-form {}</style><h1>Page not found</h1>",
    ],
)
def test_a_word_in_a_form_a_script_or_an_address_makes_no_check(body: str) -> None:
    for status in (200, 403, 404, 500):
        assert find_block_page(body.encode(), status, {}) is None
