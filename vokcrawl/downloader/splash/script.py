"""The script that Splash runs: it opens a page, clicks on "More Articles", and returns what each click has added.

All its input is passed as arguments (`url`, `skip`, `clicks`, `words`, `article`, `hosts`, `delay`, `patience`, `time`,
`user_agent`); nothing is inserted into its text.
"""

from __future__ import annotations

from vokcrawl.downloader.rendering.page_functions import CLICK, FRESH, HAS_MORE, HTML, TAKE

LUA = (
    """
local treat = require("treat")

function main(splash, args)
  local has_more = splash:jsfunc([==["""
    + HAS_MORE
    + """]==])
  local click = splash:jsfunc([==["""
    + CLICK
    + """]==])
  local fresh = splash:jsfunc([==["""
    + FRESH
    + """]==])
  local take = splash:jsfunc([==["""
    + TAKE
    + """]==])
  local html = splash:jsfunc([==["""
    + HTML
    + """]==])
"""
    + r"""
  local LOOK = 0.1      -- seconds between two checks of the page
  local SETTLED = 3     -- number of checks without a change after which the page is complete
  local NOTHING = 15    -- number of checks without any result after which none is expected
  local began = os.time()
  local sent, answered, good, failed, retry_after, blocked = 0, 0, 0, nil, nil, nil
  local pages = {}

  splash.images_enabled = false
  splash.plugins_enabled = false
  splash.resource_timeout = args.patience
  splash:set_user_agent(args.user_agent)

  local function host_of(url)
    local _, _, host = string.find(string.lower(url), "^https?://([^/?#]*)")
    return host
  end

  -- As in the crawl, no requests to other hosts than the site's.
  splash:on_request(function(request)
    local host = host_of(request.url)
    if host and args.hosts[host] then
      sent = sent + 1
    elseif host or not (string.find(request.url, "^data:") or string.find(request.url, "^about:")) then
      blocked = blocked or request.url
      request:abort()
    end
  end)

  splash:on_response(function(response)
    local host = host_of(response.url)
    if not (host and args.hosts[host]) then
      return
    end
    answered = answered + 1
    if response.status and response.status >= 200 and response.status < 400 then
      good = good + 1
    else
      failed = response.status or 0
      retry_after = response.headers["Retry-After"]
    end
  end)

  local function look()
    splash:wait{time=LOOK, cancel_on_error=false, cancel_on_redirect=false}
  end

  -- The download delay before the next request of the crawl, or the next click.
  local function pause()
    if args.delay > 0 then
      splash:wait{time=args.delay, cancel_on_error=false, cancel_on_redirect=false}
    end
  end

  local function report(outcome, more)
    pause()
    local result = {
      url=splash:url(), outcome=outcome, pages=treat.as_array(pages), clicks=#pages, blocked=blocked,
    }
    for name, value in pairs(more or {}) do
      result[name] = value
    end
    return result
  end

  -- Whether the button is there, or appears within a second.
  local function offers_more()
    for number = 1, 10 do
      if has_more(args.words, number == 10) then
        return true
      end
      look()
    end
    return false
  end

  local function is_late()
    return os.time() - began + 2 * args.delay + args.patience > args.time
  end

  local ok, reason = splash:go(args.url)
  if not ok and string.find(reason, "^http") then
    return report("refused", {
      status=tonumber(string.sub(reason, 5)), retry_after=retry_after, html=html(),
    })
  end
  -- A blocked frame from another host makes `go` fail although the page was loaded.
  if not ok and good == 0 then
    return report("refused", {rest=reason})
  end
  local looks, quiet = 0, 0
  while quiet < SETTLED and looks * LOOK < args.patience do
    look()
    looks = looks + 1
    quiet = answered >= sent and quiet + 1 or 0
  end
  if fresh(args.article) == 0 then
    return report("strange", {html=html()})
  end
  local whole = take(args.article, args.words, args.clicks == 0)
  if args.clicks == 0 then
    pages[1] = whole.html
    return report(offers_more() and "more" or "end", {clicks=0})
  end
  if not offers_more() then
    return report(args.skip == 0 and "missing" or "end")
  end

  local worked = false
  for number = 1, args.skip + args.clicks do
    if is_late() then
      return report(#pages > 0 and "more" or "late")
    end
    pause()
    sent, answered, good, failed, retry_after, blocked = 0, 0, 0, nil, nil, nil
    click(args.words)
    local found, still, idle = 0, 0, 0
    looks = 0
    repeat
      look()
      looks = looks + 1
      local now = fresh(args.article)
      still = now == found and still + 1 or 0
      idle = answered >= sent and now == found and idle + 1 or 0
      found = now
    until (found > 0 and (idle >= SETTLED or still >= NOTHING)) or (found == 0 and idle >= NOTHING)
      or looks * LOOK >= args.patience

    if found == 0 then
      local rest = take(args.article, args.words, false).text
      if failed or answered < sent then
        -- The pages before are valid; the next step will report the failure.
        if #pages > 0 then
          return report("more")
        end
        return report(failed and "refused" or "stuck", {status=failed, retry_after=retry_after, rest=rest})
      end
      if good == 0 and blocked then
        return report("offsite")
      end
      if good == 0 and not worked then
        return report("dead")
      end
      return report("end", {rest=rest})
    end
    worked = true
    local new = take(args.article, args.words, number > args.skip)
    if number > args.skip then
      pages[#pages + 1] = new.html
    end
    if not offers_more() then
      return report("end")
    end
  end
  return report("more")
end
"""
)
