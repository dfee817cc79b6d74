"""JavaScript functions that a browser runs in a listing: find "More Articles", click on it, and take what was added.

Their input is passed as arguments; nothing is inserted into their text. They are written for the old WebKit of Splash
(ECMAScript 5), and each one is self-contained: a click may load another page, which loses all definitions.
"""

from __future__ import annotations

# What a document remembers between two calls: an observer notes which nodes were added, so that no call reads entries
# again that were taken before, and a click costs as much behind 6,000 entries as behind ten. `visited` counts nodes.
# A new document, or a new body, begins again.
_PAGE = r"""
  var page = document.vokPage;
  if (page && page.body !== document.body) {
    page.observer.disconnect();
    page = document.vokPage = null;
  }
  function isConnected(node) { return page.body.contains(node); }
  function watch() {
    page = document.vokPage = {
      body: document.body, added: [], most: 10000, visited: 0, pass: 0, button: null, clickable: [], plain: []
    };
    page.observer = new MutationObserver(note);
    page.observer.observe(page.body, {childList: true, subtree: true});
  }
  function note(records) {
    for (var i = 0; i < records.length; i++) {
      for (var j = 0; j < records[i].addedNodes.length; j++) { page.added.push(records[i].addedNodes[j]); }
    }
    if (page.added.length > page.most) {
      page.added = page.added.filter(isConnected);
      page.most = Math.max(10000, 2 * page.added.length);
    }
  }
  function each(root, visit) {
    var walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, null, false);
    for (var node = root; node; node = walker.nextNode()) {
      page.visited++;
      visit(node);
    }
  }
  // The largest new elements and texts, in the order of the page. An element that was moved may have new ones inside.
  function fresh() {
    note(page.observer.takeRecords());
    var found = [], pass = ++page.pass;
    function keep(node) {
      while (!node.parentNode.vokSeen) { node = node.parentNode; }
      if (node.vokPass !== pass) {
        node.vokPass = pass;
        found.push(node);
      }
    }
    for (var i = 0; i < page.added.length; i++) {
      var node = page.added[i];
      page.visited++;
      if ((node.nodeType !== 1 && node.nodeType !== 3) || !isConnected(node)) { continue; }
      if (!node.vokSeen) {
        keep(node);
      } else {
        each(node, function (below) { if (!below.vokSeen && below.parentNode.vokSeen) { keep(below); } });
      }
    }
    return inOrder(found, pass);
  }
  // Only the first of neighbours are compared: a comparison may read all nodes between two.
  function inOrder(found, pass) {
    function beside(node, name) {
      do { node = node[name]; } while (node && node.nodeType !== 1 && node.nodeType !== 3);
      return node && node.vokPass === pass ? node : null;
    }
    var firsts = found.filter(function (node) { return !beside(node, "previousSibling"); });
    firsts.sort(function (one, other) { return one.compareDocumentPosition(other) & 4 ? -1 : 1; });
    var sorted = [];
    firsts.forEach(function (node) {
      for (; node; node = beside(node, "nextSibling")) { sorted.push(node); }
    });
    return sorted;
  }
"""

# Finds the element "More Articles": a clickable element, or else any with exactly these words, as in `pages.more`.
# Hidden elements are ignored, because a visitor cannot click them. The element of the last click is tried first, then
# those that had the words when they were added, the newest first. Only `everywhere` reads the whole page, for elements
# that got the words later.
_FIND = r"""
  var whole = new RegExp("^(?:" + words + ")$", "i");
  function says(text) { return text.length < 200 && whole.test(text.replace(/\s+/g, " ").trim()); }
  function isClickable(element) {
    return /^(A|BUTTON|INPUT)$/.test(element.tagName) || element.hasAttribute("onclick")
      || element.getAttribute("role") === "button";
  }
  function labelled(element) {
    if (isClickable(element) && says(element.tagName === "INPUT" ? element.value || "" : element.textContent)) {
      return "clickable";
    }
    var first = element.firstChild;
    return first && first.nodeType === 3 && says(first.nodeValue) ? "plain" : "";
  }
  function shown(element) {
    return element.getClientRects().length > 0 && window.getComputedStyle(element).visibility !== "hidden";
  }
  function fits(element) { return isConnected(element) && labelled(element) !== "" && shown(element); }
  function noteLabels(node) {
    var kind = node.nodeType === 1 ? labelled(node) : "";
    if (kind) { page[kind].push(node); }
  }
  function newest(elements) {
    for (var i = elements.length - 1; i >= 0; i--) {
      page.visited++;
      if (!isConnected(elements[i])) {
        elements.splice(i, 1);
      } else if (fits(elements[i])) {
        return elements[i];
      }
    }
    return null;
  }
  function first(elements) {
    for (var i = 0; i < elements.length; i++) { if (fits(elements[i])) { return elements[i]; } }
    return null;
  }
  function find(everywhere) {
    if (!page || !page.body) { return null; }
    if (page.button && fits(page.button)) { return page.button; }
    var found = newest(page.clickable) || newest(page.plain);
    if (!found) {
      var late = {clickable: [], plain: []};
      (everywhere ? [page.body] : fresh()).forEach(function (top) {
        each(top, function (node) {
          var kind = node.nodeType === 1 ? labelled(node) : "";
          if (kind) { late[kind].push(node); }
        });
      });
      found = first(late.clickable) || first(late.plain);
    }
    return page.button = found;
  }
"""

# Whether there is such an element.
HAS_MORE = "function (words, everywhere) {" + _PAGE + _FIND + "return !!find(everywhere); }"

CLICK = (
    "function (words) {"
    + _PAGE
    + _FIND
    + """
  var element = find(true);
  if (!element) { return false; }
  element.scrollIntoView();
  element.click();
  return true;
}"""
)

# Returns the number of links to articles that were added since the last call of `take`.
FRESH = (
    "function (article) {"
    + _PAGE
    + r"""
  var shape = new RegExp(article), count = 0;
  function leads(link) { return link.tagName === "A" && !link.vokSeen && shape.test(link.href); }
  if (page) {
    fresh().forEach(function (top) { each(top, function (node) { count += leads(node); }); });
  } else {
    for (var i = 0; i < document.links.length; i++) { count += leads(document.links[i]); }
  }
  return count;
}"""
)

# Returns what was added since the last call, as HTML and as text, and marks each node. The text of returned entries is
# blanked, so that the page never contains more text than one step adds; elements stay, because a script of the site may
# count them to find the next offset. In the first call everything is new. `visited` is the number of nodes that all
# functions have read since then.
TAKE = (
    "function (article, words, want) {"
    + _PAGE
    + _FIND
    + r"""
  var shape = new RegExp(article), html = [], text = [], tops;
  function leads(element) {
    if (element.nodeType !== 1) { return false; }
    if (element.tagName === "A") { return shape.test(element.href); }
    var links = element.getElementsByTagName("a");
    for (var i = 0; i < links.length; i++) { if (shape.test(links[i].href)) { return true; } }
    return false;
  }
  function blank(node) {
    if (node.nodeType === 3 && !whole.test(node.nodeValue.trim())) { node.nodeValue = ""; }
  }
  if (page) {
    tops = fresh();
    page.added = [];
  } else {
    watch();
    tops = [page.body];
    if (want) { html.push(document.documentElement.outerHTML); }
  }
  tops.forEach(function (top) {
    each(top, function (node) {
      node.vokSeen = true;
      noteLabels(node);
    });
    if (top === page.body || /^(SCRIPT|STYLE|NOSCRIPT)$/.test(top.tagName)) { return; }
    if (want) { html.push(top.nodeType === 1 ? top.outerHTML : top.nodeValue.replace(/</g, "&lt;")); }
    text.push(top.textContent);
    if (leads(top)) { each(top, blank); }
  });
  var visited = page.visited;
  page.visited = 0;
  return {
    html: html.join("\n"),
    text: text.join(" ").trim().substring(0, 2000).replace(/[\uD800-\uDBFF]$/, ""),
    visited: visited
  };
}"""
)

# Whether the page is loaded, apart from its pictures.
READY = "function () { return document.readyState !== 'loading'; }"

# Returns the beginning of the page, to identify a page that is not a listing, without splitting a surrogate pair.
HTML = r"""function () {
  return document.documentElement.outerHTML.substring(0, 60000).replace(/[\uD800-\uDBFF]$/, "");
}"""
