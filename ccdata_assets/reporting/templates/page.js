"use strict";
// Shows the chosen report, searches, sorts, saves tables as CSV, remembers language and theme. It asks for nothing and stores no data.
(function () {
  const root = document.documentElement, main = document.getElementById("main"), pick = document.getElementById("pick");
  const search = document.getElementById("search"), hits = document.getElementById("hits"), tip = document.getElementById("tip");
  const articles = new Map();
  for (const one of main.querySelectorAll("article")) articles.set(one.dataset.key, one);
  for (const one of document.querySelectorAll("template")) articles.set(one.dataset.key, one.content.firstElementChild);

  const memory = {  // a browser may refuse storage to a local file
    get(key) { try { return localStorage.getItem("ccdata." + key); } catch (_) { return null; } },
    set(key, value) { try { localStorage.setItem("ccdata." + key, value); } catch (_) { /* not remembered */ } },
  };

  function setLanguage(lang) {
    root.dataset.lang = lang;
    root.lang = lang === "zh" ? "zh-CN" : "en";
    for (const option of pick.options) option.text = lang === "zh" ? option.dataset.nameZh : option.dataset.nameEn;
    search.placeholder = lang === "zh" ? "搜索" : "Search";
    find();
  }
  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  // The address after # is <report>/<period>, then perhaps /<section>.
  function go() {
    const parts = decodeURIComponent(location.hash.slice(1)).split("/");
    const key = parts.slice(0, 2).join("/"), article = articles.get(key) || articles.values().next().value;
    if (!article) return;
    if (main.firstElementChild !== article) main.replaceChildren(article);
    pick.value = article.dataset.key;
    for (const link of document.querySelectorAll(".periods a")) {
      if (link.dataset.key === article.dataset.key) { link.setAttribute("aria-current", "page"); for (let fold = link.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true; }
      else link.removeAttribute("aria-current");
    }
    find();
    const place = parts.length > 2 && document.getElementById(parts.join("/"));
    if (place) place.scrollIntoView(); else scrollTo(0, 0);
  }

  function find() {
    const wanted = search.value.trim().toLowerCase();
    main.classList.toggle("searching", wanted !== "");
    let found = 0;
    for (const part of main.querySelectorAll(".part")) {
      let inPart = 0;
      for (const item of part.querySelectorAll(".card, tbody tr")) {
        const hit = wanted === "" || item.textContent.toLowerCase().includes(wanted);
        item.classList.toggle("miss", !hit);
        if (hit) inPart += 1;
      }
      for (const sheet of part.querySelectorAll(".sheet")) sheet.classList.toggle("miss", !sheet.querySelector("tbody tr:not(.miss)"));
      part.classList.toggle("miss", inPart === 0);
      found += inPart;
    }
    hits.textContent = wanted === "" ? "" : root.dataset.lang === "zh" ? found + " 项" : found + " found";
  }

  function shown(cell) {  // the text in the chosen language
    const span = cell.querySelector("." + root.dataset.lang);
    return (span || cell).textContent.trim();
  }
  function sort(th) {
    const table = th.closest("table"), at = th.cellIndex, numeric = th.classList.contains("num");
    const up = th.getAttribute("aria-sort") ? th.getAttribute("aria-sort") === "descending" : !numeric;
    for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    const order = new Intl.Collator(root.lang, { numeric: true }), value = (row) => {
      const cell = row.cells[at];
      return numeric ? (cell.dataset.v === "" ? null : Number(cell.dataset.v)) : shown(cell);
    };
    const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);  // no data is always last
      return (up ? 1 : -1) * (numeric ? a - b : order.compare(a, b));
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }
  function save(sheet) {
    const quoted = (text) => '"' + text.replace(/"/g, '""') + '"';
    const field = (cell) => {
      if (cell.dataset.v !== undefined) return cell.dataset.v;
      if (cell.classList.contains("none")) return "";
      const text = shown(cell);
      return quoted(/^[=+\-@\t\r]/.test(text) ? "'" + text : text);  // a spreadsheet must not run it
    };
    const lines = [...sheet.querySelector("table").rows].map((row) => [...row.cells].map(field).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" }));
    link.download = sheet.dataset.name + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function showTip(event) {
    const mark = event.target.closest && event.target.closest("[data-zh]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = root.dataset.lang === "zh" ? mark.dataset.zh : mark.dataset.en;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(8, Math.min(innerWidth - box.width - 8, event.clientX - box.width / 2)) + "px";
    tip.style.top = (event.clientY > box.height + 20 ? event.clientY - box.height - 12 : event.clientY + 18) + "px";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.closest("thead")) sort(button.closest("th"));
    else if (button.matches(".csv")) save(button.closest(".sheet"));
    else if (button.matches(".more")) button.closest(".sheet").classList.remove("fold");
    else if (button.id === "lang") { setLanguage(root.dataset.lang === "zh" ? "en" : "zh"); memory.set("lang", root.dataset.lang); }
    else if (button.id === "theme") { root.dataset.theme = isDark() ? "light" : "dark"; memory.set("theme", root.dataset.theme); }
  });
  document.addEventListener("pointermove", showTip);
  document.addEventListener("pointerdown", showTip);
  pick.addEventListener("change", () => { if (pick.value.endsWith(".html")) location.href = pick.value; else location.hash = pick.value; });
  search.addEventListener("input", find);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(input|select|textarea)$/i.test(event.target.tagName)) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && event.target === search) { search.value = ""; find(); }
  });
  addEventListener("hashchange", go);

  const theme = memory.get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  setLanguage(root.dataset.only || memory.get("lang") || ((navigator.language || "zh").startsWith("zh") ? "zh" : "en"));
  go();
})();
