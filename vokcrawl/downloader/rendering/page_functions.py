"""JavaScript functions that a browser runs in a listing: find "More Articles", click on it, and take what was added.

Their input is passed as arguments; nothing is inserted into their text. They are written for the old WebKit of Splash
(ECMAScript 5), and each one is self-contained: a click may load another page, which loses all definitions.
"""

from __future__ import annotations

# Finds the element "More Articles": a clickable element, or else any with exactly these words, as in `pages.more`.
# Hidden elements are ignored, because a visitor cannot click them.
_FIND = r"""
  function find(words) {
    var whole = new RegExp("^(?:" + words + ")$", "i");
    function says(text) { return text.length < 200 && whole.test(text.replace(/\s+/g, " ").trim()); }
    function shown(element) {
      return element.getClientRects().length > 0 && window.getComputedStyle(element).visibility !== "hidden";
    }
    var found = document.querySelectorAll("a, button, input, [onclick], [role=button]");
    for (var i = 0; i < found.length; i++) {
      var text = found[i].tagName === "INPUT" ? found[i].value || "" : found[i].textContent;
      if (says(text) && shown(found[i])) { return found[i]; }
    }
    var all = document.body ? document.body.getElementsByTagName("*") : [];
    for (var j = 0; j < all.length; j++) {
      var first = all[j].firstChild;
      if (first && first.nodeType === 3 && says(first.nodeValue) && shown(all[j])) { return all[j]; }
    }
    return null;
  }
"""

HAS_MORE = "function (words) {" + _FIND + "return !!find(words); }"

CLICK = (
    "function (words) {"
    + _FIND
    + """
  var element = find(words);
  if (!element) { return false; }
  element.scrollIntoView();
  element.click();
  return true;
}"""
)

# Returns the number of links to articles that were added since the last call of `take`.
FRESH = r"""function (article) {
  var shape = new RegExp(article), count = 0, links = document.links;
  for (var i = 0; i < links.length; i++) {
    if (!links[i].vokSeen && shape.test(links[i].href)) { count++; }
  }
  return count;
}"""

# Returns what was added since the last call, as HTML and as text, and marks each node. The text of returned entries is
# blanked, so that the page never contains more text than one step adds; elements stay, because a script of the site may
# count them to find the next offset. In the first call everything is new.
TAKE = r"""function (article, words, want) {
  var whole = new RegExp("^(?:" + words + ")$", "i");
  var shape = new RegExp(article), html = [], text = [], tops = [], again = !!document.body.vokSeen;
  function each(root, visit) {
    var walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, null, false);
    for (var node = root; node; node = walker.nextNode()) { visit(node); }
  }
  function leads(element) {
    if (element.nodeType !== 1) { return false; }
    if (element.tagName === "A") { return shape.test(element.href); }
    var links = element.getElementsByTagName("a");
    for (var i = 0; i < links.length; i++) { if (shape.test(links[i].href)) { return true; } }
    return false;
  }
  each(document.body, function (node) {
    if (again && !node.vokSeen && (node === document.body || node.parentNode.vokSeen)) { tops.push(node); }
  });
  if (!again && want) { html.push(document.documentElement.outerHTML); }
  for (var i = 0; i < tops.length; i++) {
    if (/^(SCRIPT|STYLE|NOSCRIPT)$/.test(tops[i].tagName)) { continue; }
    if (want) { html.push(tops[i].nodeType === 1 ? tops[i].outerHTML : tops[i].nodeValue.replace(/</g, "&lt;")); }
    text.push(tops[i].textContent);
    if (leads(tops[i])) {
      each(tops[i], function (node) {
        if (node.nodeType === 3 && !whole.test(node.nodeValue.trim())) { node.nodeValue = ""; }
      });
    }
  }
  each(document.body, function (node) { node.vokSeen = true; });
  return {html: html.join("\n"), text: text.join(" ").trim().substring(0, 2000).replace(/[\uD800-\uDBFF]$/, "")};
}"""

# Whether the page is loaded, apart from its pictures.
READY = "function () { return document.readyState !== 'loading'; }"

# Returns the beginning of the page, to identify a page that is not a listing, without splitting a surrogate pair.
HTML = r"""function () {
  return document.documentElement.outerHTML.substring(0, 60000).replace(/[\uD800-\uDBFF]$/, "");
}"""
