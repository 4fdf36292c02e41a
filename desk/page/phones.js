/** The customers' phones: which there are, what each has scanned, and the one that is looked at. */

import { make, mark, onPress, roam, say } from "./dom.js";
import { openBook } from "./steps.js";
import { ask, boxNamed, on, state } from "./store.js";
import { makeScreen, screenOf } from "./screen.js";
import { t, word, worded, worth } from "./texts.js";

const MOST = 6;
const OVER = ["paid", "cannot_take_payment", "abandoned"];

const BEGINNINGS = ["lifted", "filling", "sending", "ready", "offered"];

const phones = [];
const phases = new Map();
let current = null;
let draw = () => {};

/** Put the pane together; `book` is told whose phone pays, for the wire does not say. */
export function showPhones(book = openBook()) {
  const body = document.getElementById("phone-body");
  const tabs = make("div", { class: "chips phones", role: "tablist" });
  word(tabs, "phones", "aria-label");
  const second = word(document.getElementById("second-phone"), "second_phone");
  const screen = makeScreen({
    scan: () => scan(current),
    pay: (method) => attempt("pay", method, book),
    again: () => put(current, null),
  });
  const reject = worth("button", "phone.reject", { type: "button", class: "plain", "data-test": "reject" });
  const leave = worth("button", "phone.walk_away", { type: "button", class: "plain", "data-test": "walk-away" });
  onPress(reject, () => attempt("reject", screen.method(), book));
  onPress(leave, () => ask("POST", `/sim/scans/${current.scan.id}/abandon`));
  onPress(second, () => look(addPhone(tabs)));
  mark(screen.root, "role", "tabpanel");
  body.append(
    make("div", { class: "phone-tabs" }, tabs),
    make("div", { class: "hand" }, screen.root),
    make("div", { class: "row phone-acts" }, reject, leave),
  );
  roam(tabs, "[role=tab]", (tab) => look(phones.find((phone) => phone.tab === tab)));

  draw = () => {
    const scanned = current.scan;
    screen.show(scanned, boxNamed(scanned ? scanned.external_pos_id : state.selected));
    mark(reject, "aria-disabled", scanned?.state === "amount" ? null : "true");
    mark(leave, "aria-disabled", ["waiting", "amount"].includes(scanned?.state) ? null : "true");
    mark(second, "aria-disabled", phones.length < MOST ? null : "true");
    for (const phone of phones) {
      mark(phone.tab, "aria-selected", phone === current);
      phone.tab.tabIndex = phone === current ? 0 : -1;
      say(phone.name, t("phone", { number: phone.number }));
      const kind = screenOf(phone.scan);
      say(phone.short, t(`short.${kind}`));
      mark(phone.tab, "data-kind", kind);
    }
  };
  look(addPhone(tabs));
  document.addEventListener("pane-shown", () => look(current));
  worded(draw);
  on("selected", (box) => {
    clearOver((scan) => scan.external_pos_id !== box);
    draw();
  });
  on("boxes", draw);
  on("scan", (scan) => take(scan, tabs));
  on("machine", nextCustomer);
  on("cleared", () => {
    for (const phone of phones.splice(1)) phone.tab.remove();
    phones[0].scan = null;
    look(phones[0]);
  });
}

function addPhone(tabs) {
  const number = phones.length + 1;
  const [name, short] = [make("b"), make("span")];
  const tab = make("button", { type: "button", role: "tab", class: "chip phone-chip", "data-test": `phone-${number}` }, name, short);
  const phone = { number, scan: null, tab, name, short };
  tab.addEventListener("click", () => look(phone));
  tabs.append(tab);
  phones.push(phone);
  return phone;
}

function look(phone) {
  current = phone;
  draw();
  phone.tab.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function put(phone, scan) {
  phone.scan = scan;
  draw();
}

/** A scan belongs to the phone that made it; one made elsewhere gets a phone that is free, else a new one. */
function take(scan, tabs) {
  const mine = phones.find((phone) => phone.scan?.id === scan.id);
  if (mine) {
    put(mine, scan);
    return;
  }
  if (OVER.includes(scan.state)) return;
  const free = phones.find((phone) => !phone.scan) ?? (phones.length < MOST ? addPhone(tabs) : oldestOver());
  if (!free || free.isBusy) return;
  put(free, scan);
  look(free);
}

/** A new sale is a new customer: phones that are through with the last one at this box look at its code again. */
function nextCustomer({ box_id: box, phase }) {
  const isNew = BEGINNINGS.includes(phase) && !BEGINNINGS.includes(phases.get(box)) && phases.has(box);
  phases.set(box, phase);
  if (!isNew) return;
  clearOver((scan) => scan.external_pos_id === box);
}

function clearOver(fits) {
  for (const phone of phones) if (phone.scan && OVER.includes(phone.scan.state) && fits(phone.scan)) put(phone, null);
}

function oldestOver() {
  return phones.find((phone) => OVER.includes(phone.scan?.state)) ?? phones[phones.length - 1];
}

async function scan(phone) {
  const box = boxNamed(state.selected);
  if (!box || phone.isBusy) return;
  phone.isBusy = true;
  const made = await ask("POST", "/sim/scans", { qr: box.qr?.image ?? box.qr });
  phone.isBusy = false;
  if (!made) return;
  // Its events may have come first, and have been given to another phone.
  const newer = state.scans.get(made.id) ?? made;
  for (const other of phones) if (other !== phone && other.scan?.id === made.id) other.scan = null;
  put(phone, newer);
}

async function attempt(what, method, book) {
  const { scan } = current;
  if (!scan) return;
  book.paying = scan.external_pos_id;
  const shown = await ask("POST", `/sim/scans/${scan.id}/${what}`, { method });
  if (shown) take(shown, null);
}
