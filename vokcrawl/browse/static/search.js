// The search of a frozen site. It reads the files of `frozen_search.py`, whose words and numbers it must know.
"use strict";
(() => {
  const JOINED = "@JOINED@", FINAL = "@FINAL@", MORE = "@MORE@", BLOCK = @BLOCK@, MAX_WORD = @MAX_WORD@;
  const RESULTS = 50;
  const joined = new RegExp(`^[${JOINED}]`, "u");
  const tokens = new RegExp(`([${JOINED}]+)|(?:(?![${JOINED}])[\\p{L}\\p{N}])+`, "gu");
  const status = document.getElementById("status");
  const list = document.getElementById("results");
  const more = document.getElementById("more");
  const waiting = new Map();

  // Each file calls this function with its content.
  window.vok = (name, tag, content) => {
    const open = waiting.get(name);
    if (open) open.resolve({ tag, content });
  };

  function load(name, tag) {
    if (!waiting.has(name)) {
      const open = {};
      open.promise = new Promise((resolve, reject) => Object.assign(open, { resolve, reject }));
      waiting.set(name, open);
      const element = document.createElement("script");
      element.src = `search/${name}.js?${tag}`;
      element.onerror = () => open.reject(new Error(`search/${name}.js cannot be loaded`));
      document.head.append(element);
    }
    return waiting.get(name).promise.then((file) => {
      if (file.tag !== tag && name !== "years") throw new Error("the site has just been updated; reload this page");
      return file.content;
    });
  }

  function words(text) {
    const folded = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFKC").toLowerCase();
    const found = new Set();
    for (const [token, run] of folded.matchAll(tokens)) {
      if (run === undefined) {
        found.add(token.slice(0, MAX_WORD));
        continue;
      }
      const characters = [...run];
      if (characters.length === 1) found.add(run);
      for (let place = 0; place + 1 < characters.length; place++) found.add(characters[place] + characters[place + 1]);
    }
    return [...found];
  }

  function fileOf(word, files) {
    const characters = [...word];
    let value = 0;
    for (const character of characters.slice(0, joined.test(word) ? 1 : 2)) {
      value = (value * 31 + character.codePointAt(0)) & 0xffff;
    }
    return value % files;
  }

  function decode(text, numbers) {
    let number = -1, gap = 0;
    for (const character of text) {
      const above = MORE.indexOf(character);
      if (above >= 0) {
        gap = gap * 32 + above;
      } else {
        number += gap * 32 + FINAL.indexOf(character) + 1;
        numbers.add(number);
        gap = 0;
      }
    }
  }

  // The numbers of the articles of a year with a word that begins like this one; a single letter or digit is a word.
  async function matches(word, [year, tag, files]) {
    const content = await load(`${year}-${fileOf(word, files)}`, tag);
    const numbers = new Set();
    const exact = word.length === 1 && !joined.test(word);
    for (const [each, encoded] of Object.entries(content)) {
      if (exact ? each === word : each.startsWith(word)) decode(encoded, numbers);
    }
    return numbers;
  }

  // Yields id, title, day and state of the articles with all words, newest first.
  async function* search(query) {
    for (const entry of await load("years", String(Date.now()))) {
      const sets = await Promise.all(query.map((word) => matches(word, entry)));
      sets.sort((one, other) => one.size - other.size);
      const found = [...sets[0]].filter((number) => sets.every((set) => set.has(number))).sort((a, b) => a - b);
      for (const number of found) {
        const block = await load(`${entry[0]}-d${Math.floor(number / BLOCK)}`, entry[1]);
        yield block[number % BLOCK];
      }
    }
  }

  function show([id, title, day, state], text) {
    const item = document.createElement("li");
    const heading = item.appendChild(document.createElement("h2"));
    const link = heading.appendChild(document.createElement("a"));
    // The browser marks the words in the page.
    const marks = text.split(/\s+/).filter(Boolean).slice(0, 8);
    const parts = marks.map((word) => `text=${encodeURIComponent(word).replace(/-/g, "%2D")}`);
    link.href = `article/${id}.html#:~:${parts.join("&")}`;
    link.textContent = title;
    const meta = item.appendChild(document.createElement("p"));
    meta.className = "meta";
    meta.textContent = [day, state].filter(Boolean).join(" · ");
    list.append(item);
  }

  async function start() {
    const text = new URLSearchParams(location.search).get("q") || "";
    document.querySelector("[name=q]").value = text;
    const query = words(text.slice(0, 500)).slice(0, 20);
    if (!query.length) {
      status.textContent = text ? "Give at least one word." : "";
      return;
    }
    status.textContent = "Searching …";
    const found = search(query);
    let shown = 0;
    async function next() {
      more.hidden = true;
      for (const limit = shown + RESULTS; shown < limit; shown++) {
        const { value, done } = await found.next();
        if (done) {
          status.textContent = shown === 1 ? "1 article" : `${shown} articles`;
          return;
        }
        show(value, text);
      }
      status.textContent = `The newest ${shown} articles`;
      more.hidden = false;
    }
    const guarded = () => next().catch((failure) => { status.textContent = `The search failed: ${failure.message}.`; });
    more.addEventListener("click", guarded);
    await guarded();
  }

  start();
})();
