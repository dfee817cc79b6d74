"""Pages of bot checks as each service sends them, and pages of the site that have some of their words."""

# ruff: noqa: E501
from __future__ import annotations

import pytest

from vokcrawl.pages.block_pages import BlockPage, find_block_page


def doc(title: str, body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html lang=en-US><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def site(title: str, body: str) -> str:
    return doc(f"{title} | KCNA Watch", f"{NAVIGATION}<main>{body}</main><footer><p>KCNA Watch</p></footer>")


NAVIGATION = "<header><nav><a href='/'>Home</a> <a href='/newstream/'>Newstream</a> <a href='/contact/'>Contact</a></nav></header>"
# Status, headers and page.
CHECKS: dict[str, tuple[int, dict[str, str], str]] = {
    "cf jam": (
        403,
        {"server": "cloudflare"},
        doc(
            "Just a moment...",
            "<div class=main-wrapper><div class=main-content><noscript><div class=h2><span id=challenge-error-text>Enable JavaScript and cookies to continue</span></div></noscript></div></div><script>window._cf_chl_opt={}</script>",
        ),
    ),
    "cf jam de": (
        403,
        {},
        doc(
            "Nur einen Moment...",
            "<div><noscript><span id=challenge-error-text>Enable JavaScript and cookies to continue</span></noscript></div>",
        ),
    ),
    "cf jam ko": (
        403,
        {},
        doc(
            "잠시만 기다리십시오…",
            "<div><noscript><span id=challenge-error-text>Enable JavaScript and cookies to continue</span></noscript></div><script>window._cf_chl_opt={cvId:'3'}</script>",
        ),
    ),
    "cf jam fr": (
        403,
        {},
        doc(
            "Un instant…",
            "<noscript><span id=challenge-error-text>Enable JavaScript and cookies to continue</span></noscript>",
        ),
    ),
    "cf rendered": (
        200,
        {},
        doc(
            "Just a moment...",
            "<h1>site.test</h1><h2>Verify you are human by completing the action below.</h2><div>site.test needs to review the security of your connection before proceeding.</div><div>Ray ID: 8f0</div><div>Performance &amp; security by <a href='https://www.cloudflare.com'>Cloudflare</a></div>",
        ),
    ),
    "cf 2025": (
        200,
        {},
        doc(
            "Just a moment...",
            "<h1>site.test</h1><p>Performing security verification</p><p>This website uses a security service to protect against malicious bots. This page is displayed while the website verifies you are not a bot.</p>",
        ),
    ),
    "cf attention": (
        403,
        {},
        doc(
            "Attention Required! | Cloudflare",
            "<div id=cf-wrapper><h1 data-translate=block_headline>Sorry, you have been blocked</h1><h2>You are unable to access site.test</h2><h2>Why have I been blocked?</h2><p>This website is using a security service to protect itself from online attacks.</p></div>",
        ),
    ),
    "cf captcha old": (
        403,
        {},
        doc(
            "Attention Required! | Cloudflare",
            "<h1>One more step</h1><h2>Please complete the security check to access site.test</h2><h2>Why do I have to complete a CAPTCHA?</h2><p>Completing the CAPTCHA proves you are a human and gives you temporary access to the web property.</p>",
        ),
    ),
    "cf iuam old": (
        503,
        {},
        doc(
            "Just a moment...",
            "<h1>Checking your browser before accessing site.test.</h1><p>This process is automatic. Your browser will redirect to your requested content shortly.</p><p>Please allow up to 5 seconds…</p><p>DDoS protection by Cloudflare</p>",
        ),
    ),
    "cf 1020": (
        403,
        {},
        doc(
            "Access denied | site.test used Cloudflare to restrict access",
            "<h1>Access denied</h1><p>Error code 1020</p>",
        ),
    ),
    "cf 1020 short": (403, {}, "error code: 1020"),
    "cf 1010": (
        403,
        {},
        doc(
            "Access denied | site.test used Cloudflare to restrict access",
            "<h1>Error 1010</h1><h2>Access denied</h2><p>The owner of this website (site.test) has banned your access based on your browser's signature (8f-ua22).</p>",
        ),
    ),
    "cf 1006": (
        403,
        {},
        doc(
            "Access denied",
            "<h1>Error 1006</h1><h2>Access denied</h2><h2>What happened?</h2><p>The owner of this website (site.test) has banned your IP address (1.2.3.4).</p>",
        ),
    ),
    "cf 1015": (
        429,
        {},
        doc(
            "Access denied | site.test used Cloudflare to restrict access",
            "<h1>You are being rate limited</h1><h2>Error 1015</h2>",
        ),
    ),
    "cf turnstile": (
        200,
        {},
        doc("Security Check", "<h1>Please verify you are a human</h1><div class=cf-turnstile></div>"),
    ),
    "cf header managed": (403, {"cf-mitigated": "challenge"}, "x"),
    "sucuri js": (
        200,
        {"server": "Sucuri/Cloudproxy"},
        "<html><title>You are being redirected...</title><noscript>Javascript is required. Please enable javascript before you are allowed to see this page.</noscript><script>var s={},u,c</script></html>",
    ),
    "sucuri block": (
        403,
        {"x-sucuri-id": "1"},
        doc(
            "Sucuri WebSite Firewall - Access Denied",
            "<h1>Access Denied - Sucuri Website Firewall</h1><p>If you are the site owner (or you manage this site), please whitelist your IP or if you think this block is an error please open a support ticket</p><table><tr><td>Your IP:</td><td>1.2.3.4</td></tr><tr><td>Block reason:</td><td>Access from your Country was disabled by the administrator.</td></tr></table>",
        ),
    ),
    "wordfence limited": (
        503,
        {},
        doc(
            "Your access to this site has been limited",
            "<h1>Your access to this site has been limited by the site owner</h1><p>Your access to this service has been limited. (HTTP response code 503)</p><p>If you think you have been blocked in error, contact the owner of this site for assistance.</p><p>Generated by Wordfence at Tue, 10 Dec 2024</p>",
        ),
    ),
    "wordfence waf": (
        403,
        {},
        doc(
            "403 Forbidden",
            "<h1>403 Forbidden</h1><p>A potentially unsafe operation has been detected in your request to this site</p><p>Generated by Wordfence</p>",
        ),
    ),
    "wordfence temp": (
        503,
        {},
        doc(
            "Your access to this site has been temporarily limited",
            "<h1>Your access to this site has been temporarily limited by the site owner</h1>",
        ),
    ),
    "wordfence blocked": (503, {}, doc("x", "<p>You have been blocked</p><p>Advanced blocking in effect.</p>")),
    "incapsula iframe": (
        200,
        {"x-iinfo": "1"},
        '<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"><script src="/_Incapsula_Resource?SWJIYLWA=1"></script></head><body style="margin:0px;height:100%"><iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=1&amp;xinfo=1" frameborder=0 width="100%">Request unsuccessful. Incapsula incident ID: 123-456</iframe></body></html>',
    ),
    "incapsula script": (
        200,
        {},
        '<html><head><META NAME="robots" CONTENT="noindex,nofollow"><script src="/_Incapsula_Resource?SWJIYLWA=5074a744e2e3d891814e9a2dace20bd4,719d34d31c8e3a6e6fffd425f7e032f3"></script></head><body></body></html>',
    ),
    "imperva": (
        403,
        {},
        doc(
            "Access Denied",
            "<h1>Access denied</h1><h2>Error 15</h2><p>This request was blocked by our security service</p><p>www.site.test</p><p>Incident ID: 1-2</p><p>Powered by Imperva</p>",
        ),
    ),
    "imperva pardon": (
        200,
        {},
        doc(
            "Pardon Our Interruption",
            "<h1>Pardon Our Interruption...</h1><p>As you were browsing, something about your browser made us think you might be a bot. There are a few reasons this might happen:</p><ul><li>You're a power user moving through this website with super-human speed.</li></ul>",
        ),
    ),
    "aws captcha": (
        405,
        {"x-amzn-waf-action": "captcha"},
        doc(
            "Human Verification",
            "<h1>Let's confirm you are human</h1><p>Complete the security check before continuing.</p>",
        ),
    ),
    "aws captcha nohdr": (
        405,
        {},
        doc("Human Verification", "<h1>Let’s confirm you are human</h1><button>Begin</button>"),
    ),
    "aws challenge": (202, {"x-amzn-waf-action": "challenge"}, ""),
    "aws challenge html": (
        202,
        {"x-amzn-waf-action": "challenge"},
        "<html><head><script src=challenge.js></script></head><body><div id=challenge-container></div><noscript><h1>JavaScript is disabled</h1>In order to continue, we need to verify that you're not a robot. This requires JavaScript. Enable JavaScript and then reload the page.</noscript></body></html>",
    ),
    "aws challenge nohdr": (
        202,
        {},
        "<html><head><script src=challenge.js></script></head><body><div id=challenge-container></div><noscript><h1>JavaScript is disabled</h1>In order to continue, we need to verify that you're not a robot. This requires JavaScript. Enable JavaScript and then reload the page.</noscript></body></html>",
    ),
    "aws cloudfront": (
        403,
        {"server": "CloudFront"},
        "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1><H2>The request could not be satisfied.</H2>Request blocked. We can't connect to the server for this app or website at this time.<PRE>Generated by cloudfront (CloudFront)</PRE></BODY></HTML>",
    ),
    "litespeed": (
        403,
        {"server": "LiteSpeed"},
        doc(
            "One moment, please...",
            "<h1>Please wait while your request is being verified...</h1><form id=wsidchk-form></form>",
        ),
    ),
    "litespeed recaptcha": (
        200,
        {"server": "LiteSpeed"},
        doc(
            "Captcha",
            "<h2>Verifying that you are not a robot...</h2><div id=recaptchadiv></div>",
            "<script src='https://www.google.com/recaptcha/api.js'></script>",
        ),
    ),
    "litespeed recaptcha2": (
        200,
        {},
        "<html><head><title> Just a moment please...</title></head><body><h1>Please verify</h1></body></html>",
    ),
    "imunify": (
        403,
        {"server": "imunify360-webshield/1.21"},
        doc(
            "Captcha",
            "<noscript><h1>Please enable JavaScript to continue.</h1></noscript><div><h1>We have noticed an unusual activity from your IP 1.2.3.4 and blocked access to this website.</h1><p>Please confirm that you are not a robot</p></div>",
        ),
    ),
    "imunify2": (200, {}, doc("One moment, please...", "<h1>Please wait while your request is being verified...</h1>")),
    "imunify bot": (
        415,
        {},
        '{"message":"Access denied by Imunify360 bot-protection. IPs used for automation should be whitelisted"}',
    ),
    "imunify bot403": (
        403,
        {},
        '{"message":"Access denied by Imunify360 bot-protection. IPs used for automation should be whitelisted"}',
    ),
    "datadome": (
        403,
        {"x-datadome": "protected"},
        '<html lang="en"><head><title>site.test</title><style>#cmsg{animation: A 1.5s;}</style></head><body style="margin:0"><p id="cmsg">Please enable JS and disable any ad blocker</p><script data-cfasync="false">var dd={}</script><script src="https://ct.captcha-delivery.com/c.js"></script></body></html>',
    ),
    "datadome iframe": (
        403,
        {},
        '<html><head><title>site.test</title></head><body><iframe src="https://geo.captcha-delivery.com/captcha/?initialCid=x" title="DataDome CAPTCHA" width="100%"></iframe></body></html>',
    ),
    "siteground": (
        202,
        {"sg-captcha": "challenge"},
        '<html><head><link rel="icon" href="data:;"><meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F&y=ipr:1.2.3.4:1"></meta></head></html>',
    ),
    "siteground2": (
        200,
        {},
        doc(
            "Robot Challenge Screen",
            "<h1>Checking the site connection security</h1><p>site.test needs to review the security of your connection before proceeding.</p>",
        ),
    ),
    "siteground hdr": (202, {"sg-captcha": "challenge"}, "<p>x</p>"),
    "px": (
        403,
        {},
        doc(
            "Access to this page has been denied",
            "<div><h1>Press &amp; Hold to confirm you are<br>a human (and not a bot).</h1><p>Reference ID 1</p></div>",
        ),
    ),
    "px2": (
        403,
        {},
        doc(
            "Access to this page has been denied.",
            "<h1>Before we continue...</h1><p>Press &amp; Hold to confirm you are a human (and not a bot).</p>",
        ),
    ),
    "px old": (
        403,
        {},
        doc(
            "Access to This Page Has Been Blocked",
            "<h1>Please verify you are a human</h1><p>Access to this page has been denied because we believe you are using automation tools to browse the website.</p>",
        ),
    ),
    "akamai": (
        403,
        {"server": "AkamaiGHost"},
        '<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \nYou don\'t have permission to access "http&#58;&#47;&#47;site&#46;test&#47;" on this server.<P>\nReference&#32;&#35;18&#46;1f\n<P>\nhttps&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;1f\n</BODY>\n</HTML>',
    ),
    "akamai nohdr": (
        403,
        {},
        '<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \nYou don\'t have permission to access "http&#58;&#47;&#47;site&#46;test&#47;" on this server.<P>\nReference&#32;&#35;18&#46;1f\n<P>\nhttps&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;1f\n</BODY>\n</HTML>',
    ),
    "akamai bmc": (
        200,
        {},
        '<!DOCTYPE html><html><head><title>&nbsp;</title><meta http-equiv="refresh" content="5; URL=\'/?bm-verify=AAQ\'"></head><body><script src="/x"></script><noscript>Powered and protected by Privacy</noscript><iframe src="x"></iframe></body></html>',
    ),
    "ddos-guard": (
        403,
        {"server": "ddos-guard"},
        doc(
            "DDoS-Guard",
            "<h1 id=title>Checking your browser before accessing site.test</h1><p>Please wait a few seconds. Once this check is complete, the website will open automatically</p>",
        ),
    ),
    "ddos-guard2": (403, {}, doc("DDOS-GUARD", "<p>Checking your browser before accessing</p>")),
    "stackpath": (
        200,
        {},
        doc(
            "StackPath",
            "<h1>site.test</h1><p>is using a security service for protection against online attacks. An action has triggered the service and blocked your request.</p><p>Please try again in a few minutes.</p>",
        ),
    ),
    "stackpath js": (
        200,
        {},
        "<html><head><title>Site verification</title></head><body><noscript>Please enable JavaScript to view the page content.</noscript><script>x</script></body></html>",
    ),
    "f5": (
        200,
        {},
        '<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 123<br><br><a href="javascript:history.back();">[Go Back]</a></body></html>',
    ),
    "f5 js": (
        200,
        {},
        '<html><head><meta http-equiv="Pragma" content="no-cache"/><script>x</script></head><body><noscript>Please enable JavaScript to view the page content.<br/>Your support ID is: 123.</noscript></body></html>',
    ),
    "anubis de": (
        200,
        {},
        doc(
            "Sicherstellen, dass Sie kein Bot sind!",
            "<h1>Sicherstellen, dass Sie kein Bot sind!</h1><p>Geschützt durch <a href=x>Anubis</a></p>",
        ),
    ),
    "anubis oh noes": (
        200,
        {},
        doc("Oh noes!", "<h1>Oh noes!</h1><p>Access Denied: error code x.</p><p>Protected by <a href=x>Anubis</a></p>"),
    ),
    "go-away": (403, {}, doc("Checking you are not a bot", "<h1>Checking you are not a bot</h1><p>go-away</p>")),
    "hcaptcha wall": (
        200,
        {},
        doc(
            "site.test",
            "<form><p>Please complete the hCaptcha to continue.</p><div class=h-captcha></div><button>Submit</button></form>",
        ),
    ),
    "hcaptcha only": (
        200,
        {},
        doc(
            "site.test",
            "<form action='/verify'><div class='h-captcha' data-sitekey='x'></div></form>",
            "<script src='https://js.hcaptcha.com/1/api.js'></script>",
        ),
    ),
    "recaptcha wall": (
        429,
        {},
        doc(
            "https://site.test/",
            "<form id=captcha-form><div class=g-recaptcha></div></form><b>About this page</b><br>Our systems have detected unusual traffic from your computer network. This page checks to see if it's really you sending the requests, and not a robot.",
        ),
    ),
    "arkose": (403, {}, doc("Verify", "<p>Please solve this puzzle so we know you are a real person</p>")),
    "vercel": (
        403,
        {"x-vercel-mitigated": "challenge"},
        doc("Vercel Security Checkpoint", "<p>We're verifying your browser</p>"),
    ),
    "vercel hdr": (403, {"x-vercel-mitigated": "challenge"}, "x"),
    "bunny": (
        403,
        {"server": "BunnyCDN"},
        doc("Establishing a secure connection ...", "<h1>Establishing a secure connection</h1>"),
    ),
    "qrator": (401, {}, "<html><head><script src='/__qrator/qauth_utm_v2d.js'></script></head><body></body></html>"),
    "qrator403": (403, {}, doc("Access denied", "<h1>Your IP address is blocked</h1>")),
    "variti": (403, {}, doc("Verify you are human", "<p>x</p>")),
    "edgeone": (200, {}, doc("Security Verification", "<p>Please complete the security verification to continue.</p>")),
    "aliyun": (
        405,
        {},
        doc(
            "405",
            "<p>Sorry, your request has been blocked as it may cause potential threats to the server's security.</p>",
        ),
    ),
    "tencent": (403, {}, doc("访问验证", "<p>请完成安全验证</p>")),
    "modsec": (
        406,
        {},
        "<html><head><title>Not Acceptable!</title></head><body><h1>Not Acceptable!</h1><p>An appropriate representation of the requested resource could not be found on this server. This error was generated by Mod_Security.</p></body></html>",
    ),
    "bitninja": (
        403,
        {},
        doc("Waiting for the redirectiron...", "<h1>Your IP address has been blocked</h1><p>BitNinja</p>"),
    ),
    "cleantalk": (
        403,
        {},
        doc("Blacklisted", "<h1>SpamFireWall is checking your browser and IP 1.2.3.4 for spam bots</h1>"),
    ),
    "cleantalk2": (
        403,
        {},
        doc("Anti-Crawler", "<h1>Anti-Crawler Protection is checking your browser and IP 1.2.3.4 for spam bots</h1>"),
    ),
    "ninjafirewall": (
        403,
        {},
        doc(
            "NinjaFirewall: 403 Forbidden",
            "<p>Sorry 1.2.3.4, your request cannot be processed. For security reasons, it was blocked and logged.</p>",
        ),
    ),
    "aios": (403, {}, doc("403", "<p>Access from your IP address has been blocked for security reasons.</p>")),
    "itsec": (403, {}, doc("Forbidden", "<p>You have been locked out.</p>")),
    "fastly": (
        406,
        {},
        doc(
            "Client Challenge",
            "<noscript>JavaScript is disabled in your browser. Please enable JavaScript to proceed.</noscript><p>A required part of this site couldn’t load.</p>",
        ),
    ),
    "radware": (
        200,
        {},
        doc(
            "Radware Bot Manager Captcha",
            "<p>We apologize for the inconvenience... ...but your activity and behavior on this site made us think that you are a bot.</p>",
        ),
    ),
    "shieldsquare": (200, {}, doc("ShieldSquare Captcha", "<p>We apologize for the inconvenience</p>")),
    "humans only": (200, {}, doc("Human or bot?", "<p>Please prove that you are human</p>")),
    "geetest": (
        200,
        {},
        doc("Verification", "<p>Slide to complete the verification</p><div class=geetest_panel></div>"),
    ),
    "empty 202": (202, {}, ""),
    "slowAES": (
        200,
        {},
        "<html><body><script src='/aes.js'></script><script>document.cookie='__test='+toHex(slowAES.decrypt(c,2,a,b))</script><noscript>This site requires Javascript to work, please enable Javascript in your browser or use a browser with Javascript support</noscript></body></html>",
    ),
}
TEXT = "<p>" + "The choir sang on in the hall of the city. " * 12 + "</p>"
CONTACT = "<form action='/contact/'><label>Your name <input></label><div class='g-recaptcha'></div><p>This site is protected by reCAPTCHA and the Google Privacy Policy and Terms of Service apply.</p></form>"
COMMENT_FORM = "<form><label>Comment <textarea></textarea></label><div class='h-captcha'></div><p>This site is protected by hCaptcha and its Privacy Policy and Terms of Service apply.</p><button>Post</button></form>"
# Status and page.
NO_CHECKS: dict[str, tuple[int, str]] = {
    "article attention": (200, site("Attention required for mills", f"<h1>Attention required for mills</h1>{TEXT}")),
    "article attention short": (
        200,
        site(
            "Attention required for mills",
            "<h1>Attention required for mills</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p><p>Attention is paid to them.</p>",
        ),
    ),
    "article attention generic title": (
        200,
        site("Newstream", "<h1>Attention required</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p>"),
    ),
    "article access denied": (200, site("Newstream", f"<h1>Access denied, says guard</h1>{TEXT}")),
    "article just a moment": (200, site("Newstream", f"<h1>Just a moment in history</h1>{TEXT}")),
    "article security check": (200, site("Newstream", f"<h1>Security check at the border</h1>{TEXT}")),
    "article security check title": (
        200,
        doc(
            "Security check at border tightened | KCNA Watch",
            NAVIGATION + f"<h1>Security check at border tightened</h1>{TEXT}",
        ),
    ),
    "article human verification": (
        200,
        doc(
            "Human verification systems shown at fair",
            NAVIGATION + f"<h1>Human verification systems shown at fair</h1>{TEXT}",
        ),
    ),
    "article robots": (200, site("Newstream", f"<h1>Are you a robot? asks play</h1>{TEXT}")),
    "article captcha": (200, site("Newstream", f"<h1>Students solve CAPTCHA in class</h1>{TEXT}")),
    "article captcha short": (
        200,
        site("Newstream", "<h1>Students solve CAPTCHA</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p>"),
    ),
    "404 with captcha form": (404, site("Page not found", f"<h1>Page not found</h1>{CONTACT}")),
    "500 with captcha form": (500, site("Error", f"<h1>Internal server error</h1>{CONTACT}")),
    "500 bare captcha form": (500, doc("Error", f"<h1>Internal server error</h1>{CONTACT}")),
    "404 bare captcha": (404, doc("Not found", f"<h1>Not found</h1>{CONTACT}")),
    "404 hcaptcha": (404, site("Page not found", f"<h1>Page not found</h1>{COMMENT_FORM}")),
    "403 plain nginx": (
        403,
        "<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr><center>nginx</center></body></html>",
    ),
    "403 apache": (
        403,
        "<!DOCTYPE HTML><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1><p>You don't have permission to access this resource.</p><hr><address>Apache Server</address></body></html>",
    ),
    "429 plain": (
        429,
        "<html><head><title>429 Too Many Requests</title></head><body><center><h1>429 Too Many Requests</h1></center></body></html>",
    ),
    "503 maint": (
        503,
        doc("Maintenance", "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>"),
    ),
    "502 cf": (
        502,
        doc(
            "site.test | 502: Bad gateway",
            "<h1>Bad gateway Error code 502</h1><div>Visit <a href='https://www.cloudflare.com/'>cloudflare.com</a> for more information.</div><h2>You Browser Working</h2><p>Cloudflare Ray ID: 8 Performance &amp; security by Cloudflare</p>",
        ),
    ),
    "521 cf": (
        521,
        doc(
            "site.test | 521: Web server is down",
            "<h1>Web server is down Error code 521</h1><p>Performance &amp; security by Cloudflare</p>",
        ),
    ),
    "522 cf": (522, "error code: 522"),
    "404": (404, site("Page not found", "<h1>Page not found</h1><p>Nothing was found.</p>")),
    "login": (
        200,
        doc(
            "Log In ‹ KCNA Watch — WordPress",
            "<form><label>Username <input></label><label>Password <input type=password></label><div class=g-recaptcha></div><button>Log In</button></form>",
        ),
    ),
    "empty listing": (200, site("Voice of Korea (EN)", "<h1>Voice of Korea (EN)</h1><p>No articles found.</p>")),
    "search none captcha": (200, site("Search", f"<h1>Search results</h1><p>Nothing found.</p>{CONTACT}")),
    "noscript hint": (
        200,
        doc("KCNA Watch", "<noscript>Please enable JavaScript to view this website.</noscript><div id=app></div>"),
    ),
    "noscript comment": (
        404,
        site(
            "Not found",
            "<h1>Not found</h1><noscript>Please enable JavaScript to view the comments powered by Disqus.</noscript>",
        ),
    ),
    "footer cloudflare": (404, site("Not found", "<h1>Not found</h1><p>DDoS-Guard protects this site</p>")),
    "footer protected": (404, site("Not found", "<h1>Not found</h1><p>Protected by hCaptcha</p>")),
    "honeypot": (
        404,
        site(
            "Not found",
            "<h1>Not found</h1><form><p>Please confirm that you are a human: <input type=checkbox></p></form>",
        ),
    ),
    "subscribe human": (
        404,
        site(
            "Not found",
            "<h1>Not found</h1><form><label>Email <input></label><label>Are you a robot? <input type=checkbox></label><button>Subscribe</button></form>",
        ),
    ),
    "listing end": (200, "<p>No more articles</p>"),
    "ajax 0": (200, "0"),
    "empty 200": (200, ""),
    "204": (204, ""),
    "title only moment": (404, doc("Page not found", "<h1>Page not found</h1><p>Just a moment ago it was here.</p>")),
    "headline only": (
        200,
        site(
            "Newstream",
            "<h1>Reply message to the choir</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p>" + CONTACT,
        ),
    ),
    "headline only bare": (
        200,
        doc(
            "Newstream",
            "<h1>Reply message to the choir</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p>" + CONTACT,
        ),
    ),
    "headline only hcaptcha": (
        200,
        doc(
            "Newstream",
            "<h1>Reply message to the choir</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p>" + COMMENT_FORM,
        ),
    ),
    "recaptcha badge": (
        404,
        doc(
            "Not found",
            "<h1>Not found</h1><div class=grecaptcha-badge><iframe title=reCAPTCHA src='https://www.google.com/recaptcha/api2/anchor'></iframe></div>",
        ),
    ),
    "ad iframe": (404, doc("Not found", "<h1>Not found</h1><iframe src='/x'>security check</iframe>")),
    "bot article": (200, site("Newstream", f"<h1>Bot check for grain shown</h1>{TEXT}")),
    "unusual traffic": (200, site("Newstream", f"<h1>Unusual traffic from your city</h1>{TEXT}")),
    "cloudflare cdn words": (200, site("Newstream", f"<h1>Sorry, you have been blocked, said the guard</h1>{TEXT}")),
    "cf-mitigated none": (200, site("Newstream", "<h1>x</h1>")),
}


@pytest.mark.parametrize("name", CHECKS)
def test_page_of_a_bot_check_is_recognised(name: str) -> None:
    status, headers, page = CHECKS[name]
    assert find_block_page(page.encode(), status, headers) is BlockPage.BOT_CHECK


@pytest.mark.parametrize("name", NO_CHECKS)
def test_page_of_the_site_with_words_of_a_bot_check_is_none(name: str) -> None:
    status, page = NO_CHECKS[name]
    for each in (status, 200) if page.strip() else (status,):
        assert find_block_page(page.encode(), each, {}) is None
