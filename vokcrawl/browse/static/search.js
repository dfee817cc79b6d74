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

  // The parts of a query: phrases in quotation marks, and what stands between spaces.
  const partsOf = (text) => [...text.matchAll(/"([^"]*)"|[^\s"]+/g)].map(([part, quoted]) => [quoted ?? part, quoted !== undefined]);

  // What an article must have: each term is a list of words that follow each other. A run of a joined script is one.
  function terms(text) {
    const found = [];
    for (const [part, quoted] of partsOf(text)) {
      const folded = part.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFKC").toLowerCase();
      const phrase = [];
      let place = 0;
      for (const [token, run] of folded.matchAll(tokens)) {
        const characters = run === undefined ? [] : [...run];
        const words = characters.length < 2 ? [token.slice(0, MAX_WORD)] : characters.slice(1).map((each, at) => characters[at] + each);
        const placed = words.map((word, at) => ({ word, place: place + at, begins: characters.length === 1 }));
        place += Math.max(characters.length, 1);
        if (quoted) phrase.push(...placed);
        else found.push(placed);
      }
      if (phrase.length) found.push(phrase);
    }
    return found;
  }

  function fileOf(word, files) {
    const characters = [...word];
    let value = 0;
    for (const character of characters.slice(0, joined.test(word) ? 1 : 2)) {
      value = (value * 31 + character.codePointAt(0)) & 0xffff;
    }
    return value % files;
  }

  function* values(text) {
    let value = 0;
    for (const character of text) {
      const above = MORE.indexOf(character);
      value = value * 32 + (above >= 0 ? above : FINAL.indexOf(character));
      if (above < 0) {
        yield value;
        value = 0;
      }
    }
  }

  function* numbersIn(text) {
    let number = -1;
    for (const gap of values(text)) yield (number += gap + 1);
  }

  // The places of a word in each of its articles.
  function* placesIn(text) {
    let places = [], place = -1;
    for (const value of values(text)) {
      places.push((place += (value >> 1) + 1));
      if (value & 1) continue;
      yield places;
      places = [];
      place = -1;
    }
  }

  // The numbers of the articles of a year with a word that begins like this one; a single letter or digit is a word.
  async function matches(word, [year, tag, files]) {
    const content = await load(`${year}-${fileOf(word, files)}`, tag);
    const numbers = new Set();
    const exact = word.length === 1 && !joined.test(word);
    for (const [each, encoded] of Object.entries(content)) {
      if (exact ? each === word : each.startsWith(word)) for (const number of numbersIn(encoded)) numbers.add(number);
    }
    return numbers;
  }

  // The places of a word in a year, by the numbers of the articles; with `begins` of all words that begin like it.
  async function placesOf({ word, begins }, [year, tag, files]) {
    const file = fileOf(word, files);
    const [content, places] = await Promise.all([load(`${year}-${file}`, tag), load(`${year}-p${file}`, tag)]);
    const found = new Map();
    for (const each of begins ? Object.keys(content).filter((key) => key.startsWith(word)) : [word]) {
      if (!Object.hasOwn(content, each)) continue;
      const lists = placesIn(places[each]);
      for (const number of numbersIn(content[each])) {
        if (!found.has(number)) found.set(number, new Set());
        for (const place of lists.next().value) found.get(number).add(place);
      }
    }
    return found;
  }

  // The numbers of the articles of a year in which the words of a term follow each other.
  async function matchesOf(term, entry) {
    if (term.length === 1) return matches(term[0].word, entry);
    const [first, ...others] = await Promise.all(term.map((each) => placesOf(each, entry)));
    const follows = (number, start) => others.every((places, at) => places.get(number)?.has(start + term[at + 1].place - term[0].place));
    return new Set([...first].filter(([number, starts]) => [...starts].some((start) => follows(number, start))).map(([number]) => number));
  }

  // Yields id, title, day and state of the articles with all terms, newest first.
  async function* search(query) {
    for (const entry of await load("years", String(Date.now()))) {
      const sets = await Promise.all(query.map((term) => matchesOf(term, entry)));
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
    const marks = partsOf(text).map(([part]) => part.trim()).filter(Boolean).slice(0, 8);
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
    const query = terms(text.slice(0, 500)).slice(0, 20);
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
