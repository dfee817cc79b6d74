"""The script of "More Articles" for ``more="script"``, which only a browser can follow."""

from __future__ import annotations

from vokcrawl.sample.views import AJAX_ACTION, AJAX_PATH, MORE_LABEL

_MORE_SCRIPT = """
(function () {
  var own = document.currentScript || document.querySelector("script[data-token]");
  var list = document.querySelector(own.getAttribute("data-list"));
  var id = (parseInt(own.getAttribute("data-token").split("").reverse().join(""), 16) - 3) / 7;
  var button = own.previousElementSibling.firstElementChild;
  var busy = false;
  button.addEventListener("click", function () {
    if (busy) { return; }
    busy = true;
    button.textContent = "Loading";
    var request = new XMLHttpRequest();
    // How many items there are is counted again each time, as such scripts do.
    var before = list.children.length;
    request.open("GET", "@PATH@?action=@ACTION@&die=true&from=" + before + "&to=10&sort=&id=" + id);
    request.onload = function () {
      busy = false;
      button.textContent = "@LABEL@";
      if (request.status !== 200) { return; }
      list.insertAdjacentHTML("beforeend", request.responseText);
      if (list.children.length === before) { button.parentNode.removeChild(button); }
    };
    request.onerror = function () {
      busy = false;
      button.textContent = "@LABEL@";
    };
    request.send();
  });
})();
"""
# Written for old browsers: Splash's engine knows neither fetch nor arrow functions.
MORE_SCRIPT = _MORE_SCRIPT.replace("@PATH@", AJAX_PATH).replace("@ACTION@", AJAX_ACTION).replace("@LABEL@", MORE_LABEL)
