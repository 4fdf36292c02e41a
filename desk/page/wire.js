/** The wire pane: every exchange as a row with its meaning, folded when it repeats, opened on a click. */

import { make, mark, roam, say } from "./dom.js";
import { mask } from "./keys.js";
import { newestOf, openLog, take } from "./log.js";
import { meaningOfAct, meaningOfAnswer, meaningOfRequest } from "./meaning.js";
import { formatMoney } from "./money.js";
import { makeParts } from "./parts.js";
import { clearView, on, state } from "./store.js";
import { read } from "./steps.js";
import { has, language, t, word, worded, worth } from "./texts.js";

const PARTIES = ["box", "merchant", "mercadopago", "phone"];
const NEAR = 40;

/** Put the pane together; `book` tells which step a message is. */
export function showWire(book) {
  const [body, filters] = [document.getElementById("wire-body"), document.getElementById("filters")];
  const list = make("ul", { class: "rows" });
  word(list, "pane.wire", "aria-label");
  const empty = worth("p", "wire.empty", { class: "nothing" });
  const newest = worth("button", "wire.newest", { type: "button", class: "primary newest", hidden: true });
  body.append(empty, list, newest);
  roam(list, ".head");
  let log = openLog();
  const shown = new Map();
  let [party, isOne] = [null, false];
  let isFollowing = true;

  word(filters, "wire.filter", "aria-label");
  for (const each of [null, ...PARTIES]) {
    const chip = worth("button", each ? `party.${each}` : "wire.all", { type: "button", class: "chip", "data-test": `filter-${each ?? "all"}`, "aria-pressed": each === party });
    chip.addEventListener("click", () => {
      party = each;
      for (const other of filters.querySelectorAll(".chip:not(.one)")) mark(other, "aria-pressed", other === chip);
      filter();
    });
    filters.append(chip);
  }
  const fits = (row) => {
    const { sender, receiver } = row.act ?? newestOf(row).request;
    return (!party || sender === party || receiver === party) && (!isOne || row.box === state.selected);
  };
  const filter = () => {
    for (const { root, row } of shown.values()) root.hidden = !fits(row);
    keepUp();
  };
  const one = worth("button", "wire.one", { type: "button", class: "chip one", "data-test": "filter-one", "aria-pressed": false });
  one.addEventListener("click", () => {
    isOne = !isOne;
    mark(one, "aria-pressed", isOne);
    filter();
  });
  filters.append(one);
  on("selected", filter);
  const keepUp = () => {
    if (isFollowing) body.scrollTop = body.scrollHeight;
    newest.hidden = isFollowing;
  };
  body.addEventListener("scroll", () => {
    isFollowing = body.scrollHeight - body.scrollTop - body.clientHeight < NEAR;
    newest.hidden = isFollowing;
  });
  newest.addEventListener("click", () => {
    isFollowing = true;
    keepUp();
  });

  const drawRow = (row, next) => {
    if (!row) return;
    if (!shown.has(row.id)) {
      const made = makeRow(row);
      made.head.tabIndex = shown.size === 0 ? 0 : -1;
      shown.set(row.id, made);
      list.insertBefore(made.root, shown.get(next?.id)?.root ?? null);
      empty.hidden = true;
    }
    shown.get(row.id).root.hidden = !fits(row);
    shown.get(row.id).show();
  };
  on("message", (message) => {
    const { box, labels } = read(book, message);
    const { row, also, next, dropped } = take(log, message, labels);
    if (!row) return;
    row.box ??= box;
    drawRow(also);
    drawRow(row, next);
    for (const { id } of dropped) {
      shown.get(id)?.root.remove();
      shown.delete(id);
    }
    keepUp();
  });
  on("cleared", () => {
    log = openLog();
    shown.clear();
    list.replaceChildren();
    empty.hidden = false;
    isFollowing = true;
    keepUp();
  });
  document.addEventListener("pane-shown", keepUp);
  worded(() => shown.forEach(({ show }) => show()));
  const clear = document.getElementById("clear");
  word(document.getElementById("clear-words"), "wire.clear");
  clear.addEventListener("click", clearView);
}

function makeRow(row) {
  const isAct = Boolean(row.act);
  const time = make("time");
  const [from, to] = [make("span", { class: "party" }), make("span", { class: "party" })];
  const [asked, said] = [make("span", { class: "asked" }), make("span", { class: "said" })];
  const [count, steps] = [make("span", { class: "count" }), make("span", { class: "steps" })];
  const [status, took, line] = [make("span", { class: "status-code" }), make("span", { class: "took" }), make("code", { class: "line" })];
  const head = make(
    isAct ? "div" : "button",
    isAct ? { class: "head" } : { type: "button", class: "head", "aria-expanded": "false" },
    make("span", { class: "first" }, from, make("span", { class: "arrow", "aria-hidden": "true", text: "→" }), to, steps, time),
    make("span", { class: "second" }, asked, said, count),
    make("span", { class: "third" }, line, status, took),
  );
  const parts = isAct ? null : makeParts();
  const root = make("li", { class: isAct ? "wire-row act" : "wire-row", "data-test": "wire-row" }, head);
  if (parts) {
    parts.root.hidden = true;
    root.append(parts.root);
    head.addEventListener("click", () => {
      const isOpen = head.getAttribute("aria-expanded") !== "true";
      mark(head, "aria-expanded", isOpen);
      parts.root.hidden = !isOpen;
      if (isOpen) parts.show(newestOf(row));
    });
  }
  const show = () => {
    const call = isAct ? null : newestOf(row);
    const message = row.act ?? call.request;
    nameParty(from, message.sender);
    nameParty(to, message.receiver);
    say(time, clockOf(row.at));
    say(steps, [...row.labels].join(" "));
    say(asked, tell(isAct ? meaningOfAct(message.body) : meaningOfRequest(message)));
    if (isAct) return;
    const { end } = call;
    const meaning = end && meaningOfAnswer(call.request, end);
    say(said, meaning ? tell(meaning) : "");
    say(count, row.count > 1 ? `×${row.count}` : "");
    mark(count, "title", row.count > 1 ? t("wire.times", { count: String(row.count), at: clockOf(row.lastAt) }) : null);
    say(line, `${message.method} ${shorten(message.url)}`);
    mark(line, "title", mask(message.url));
    say(status, end ? String(end.status ?? "✕") : "…");
    mark(status, "data-kind", kindOf(call));
    mark(root, "data-asking", row.asking || !end ? "true" : null);
    say(took, end?.took_ms === null || end?.took_ms === undefined ? "" : `${end.took_ms} ms`);
    if (!parts.root.hidden) parts.show(call);
  };
  return { root, row, head, show };
}

function nameParty(element, party) {
  mark(element, "data-party", party);
  say(element, t(`party.${party}`));
}

/** A poll's 400 is how the protocol says "wait": no failure. */
function kindOf({ request, end }) {
  if (!end) return "open";
  if (end.kind === "failure" || end.status >= 500) return "bad";
  if (request.sender === "mercadopago" && request.method === "GET" && end.status === 400) {
    return /"(invalid|timeout)"/.test(end.body) ? "bad" : "wait";
  }
  return end.status >= 400 ? "bad" : end.status === 202 ? "wait" : "good";
}

function tell([key, { money, ...facts }]) {
  const told = { ...facts };
  if (money) told.amount = formatMoney(money[0], money[1] ?? "ARS", language());
  if (has(key)) return t(key, told);
  return facts.word ?? key;
}

function clockOf(at) {
  return new Date(at).toLocaleTimeString(language() === "en" ? "en-GB" : language(), { hour12: false });
}

/** The path as a person reads it: without host, stage and keys. */
function shorten(url) {
  return mask(url).replace(/^[a-z]+:\/\/[^/]+/, "").replace(/^\/_aws\/execute-api\/[^/]+/, "");
}
