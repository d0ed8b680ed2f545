"use strict";
(() => {
  const $ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const table = document.getElementById("t");
  document.documentElement.className = "js";

  const spoken = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  const units = [["day", 864e5], ["hour", 36e5], ["minute", 6e4]];
  const old = () => {
    const since = Date.now() - Date.parse(document.querySelector("time").dateTime);
    const [unit, size] = units.find(([, size]) => since >= size) || [];
    document.getElementById("old").textContent =
      unit ? ` (${spoken.format(-Math.floor(since / size), unit)})` : "";
  };
  old();
  setInterval(old, 3e4);

  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return document.execCommand("copy");
    }
  };
  for (const code of $("code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      button.textContent = (await copy(code)) ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    code.after(button);
  }
  if (!table) return;

  // A column is sorted by what it shows: a name, a state, an amount, or a time in its units.
  const ranks = ["differs", "failing", "held", "late", "never", "running", "fresh"];
  const seconds = { d: 86400, h: 3600, min: 60, s: 1 };
  const value = (cell) => {
    const shown = cell.textContent;
    const times = [...shown.matchAll(/([\d.]+) (d|h|min|s)\b/g)];
    if (times.length) return times.reduce((sum, [, amount, unit]) => sum + amount * seconds[unit], 0);
    return parseFloat(shown.replaceAll(",", ""));
  };
  const rows = $("tbody", table).map((body) => {
    const [head, , ...cells] = body.rows[0].cells;
    const name = head.textContent;
    return { body, name, find: name.toLowerCase(), keys: [name, ranks.indexOf(body.className), ...cells.map(value)] };
  });
  const names = new Intl.Collator(undefined, { numeric: true });
  const heads = $("thead th", table);
  const compare = (a, b, column, sign) => {
    const [x, y] = [a.keys[column], b.keys[column]];
    if (column === 0) return sign * names.compare(x, y);
    return isNaN(x) - isNaN(y) || sign * (x - y) || 0;
  };
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const now = head.getAttribute("aria-sort");
    const up = now ? now === "descending" : column < 2;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    rows.sort((a, b) => compare(a, b, column, up ? 1 : -1) || names.compare(a.name, b.name));
    table.append(...rows.map((row) => row.body));
  }));

  const chips = $("#f button");
  const field = document.querySelector("#f input");
  const filter = () => {
    const words = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.value);
    const part = field.value.trim().toLowerCase();
    let shown = 0;
    for (const { body, find } of rows) {
      body.hidden = !((!words.length || words.includes(body.className)) && find.includes(part));
      shown += !body.hidden;
    }
    document.getElementById("n").textContent =
      shown === rows.length ? "" : `${shown} of ${rows.length} tables`;
    document.getElementById("none").hidden = shown > 0;
  };
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
      filter();
    });
  }
  field.addEventListener("input", filter);
})();
