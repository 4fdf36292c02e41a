/** One phone's screen: camera, waiting, amount, paid, rejected, refunded, cannot pay, gone. */

import { draw, make, mark, onPress, say } from "./dom.js";
import { formatMoney } from "./money.js";
import { language, t, worded, worth, word } from "./texts.js";

const METHODS = ["account_money", "credit_card", "debit_card", "pix"];

/** What a phone shows, by its scan: camera without one, else its state; refunding or refunded once money goes back. */
export function screenOf(scan) {
  if (!scan) return "camera";
  if (scan.state !== "paid") return scan.state;
  if (refundsOf(scan, ["approved"]).length > 0) return "refunded";
  return refundsOf(scan, ["in_process", "pending"]).length > 0 ? "refunding" : "paid";
}

function refundsOf(scan, states) {
  return (scan.refunds ?? []).filter((refund) => states.includes(refund.status));
}

/** Make the phone: {root, show(scan, box), method()}; `acts` are scan, pay(method) and again. */
export function makeScreen(acts) {
  const views = { camera: camera(acts), waiting: waiting(), amount: amount(acts), over: over(acts) };
  const clock = make("span", { class: "clock" });
  const glass = make(
    "div",
    { class: "glass", "data-test": "phone-screen", "aria-live": "polite", tabindex: -1 },
    make("div", { class: "status", "aria-hidden": "true" }, clock, make("span", { class: "bars" })),
    ...Object.values(views).map((view) => view.root),
  );
  const frame = (name) => make("div", { class: name, "aria-hidden": "true" });
  const root = make("div", { class: "phone" }, frame("speaker"), glass, frame("home"));
  const tick = () => say(clock, new Date().toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit", hour12: false }));
  setInterval(tick, 10_000);
  tick();
  const show = (scan, box) => {
    const kind = screenOf(scan);
    mark(glass, "data-state", kind);
    const name = box?.name ?? scan?.external_pos_id ?? "";
    for (const [key, view] of Object.entries(views)) {
      const isShown = key === kind || (key === "over" && !(kind in views));
      // Focus does not get lost with the screen that goes: it rests on the glass until the next screen has a button.
      if (!isShown && view.root.contains(document.activeElement)) glass.focus();
      view.root.hidden = !isShown;
      if (isShown) view.show(scan, name, box);
    }
    if (document.activeElement === glass) root.querySelector(".view:not([hidden]) button.primary")?.focus();
  };
  return { root, show, method: views.amount.method };
}

function camera(acts) {
  const picture = make("img", { width: 200, height: 200, alt: "" });
  const hint = make("p", { class: "hint" });
  const scan = worth("button", "phone.scan", { type: "button", class: "primary big", "data-test": "scan" });
  onPress(scan, acts.scan);
  const name = make("p", { class: "place" });
  const root = make("div", { class: "view camera" }, hint, make("div", { class: "finder" }, picture, make("i", { class: "beam" })), name, scan);
  let shown = null;
  const show = (_scan, place, box) => {
    shown = [place, box];
    const text = box ? (box.qr?.image ?? box.qr) : null;
    const source = text ? `/desk/qr.svg?text=${encodeURIComponent(text)}` : null;
    if (picture.getAttribute("src") !== source) mark(picture, "src", source);
    picture.hidden = !source;
    mark(picture, "alt", source ? t("qr_of", { name: place }) : "");
    say(name, place);
    say(hint, t(source ? "phone.camera" : "phone.nothing"));
    mark(scan, "aria-disabled", source ? null : "true");
  };
  worded(() => shown && show(null, ...shown));
  return { root, show };
}

function waiting() {
  const [polls, place, why] = [make("p", { class: "polls" }), make("p", { class: "place" }), make("p", { class: "why" })];
  const root = make(
    "div",
    { class: "view waiting" },
    make("div", { class: "ring", "aria-hidden": "true" }, make("i"), make("i"), make("i")),
    worth("h3", "phone.waiting"),
    why,
    place,
    polls,
  );
  // Read out once, not at every question.
  mark(polls, "aria-hidden", "true");
  let shown = null;
  const show = (scan, name) => {
    shown = [scan, name];
    const isNothing = ["unavailable", "notihing_to_pay"].includes(scan.detail);
    say(why, t(isNothing ? "phone.nothing_due" : "phone.waiting_for"));
    say(place, name);
    say(polls, t("phone.polls", { count: String(scan.polls) }));
  };
  worded(() => shown && show(...shown));
  return { root, show };
}

function amount(acts) {
  const [title, place, money, before] = [make("p", { class: "what" }), make("p", { class: "place" }), make("p", { class: "money", "data-test": "phone-amount" }), make("p", { class: "before" })];
  const rejected = worth("p", "phone.rejected", { class: "rejected", "data-test": "rejected" });
  const method = make("select", { "data-test": "method" });
  for (const each of METHODS) method.append(worth("option", `method.${each}`, { value: each }));
  word(method, "phone.method", "aria-label");
  const pay = make("button", { type: "button", class: "primary big", "data-test": "pay" });
  onPress(pay, () => acts.pay(method.value));
  const root = make(
    "div",
    { class: "view amount" },
    place,
    worth("p", "phone.you_pay", { class: "lead" }),
    money,
    title,
    before,
    rejected,
    make("label", { class: "method" }, worth("span", "phone.method"), method),
    pay,
  );
  let shown = null;
  const show = (scan, name) => {
    shown = [scan, name];
    const sum = formatMoney(String(scan.amount), scan.currency, language());
    const owed = formatMoney(String(scan.owed ?? scan.amount), scan.currency, language());
    say(place, name);
    say(money, sum);
    say(title, scan.title ?? "");
    say(before, sum === owed ? "" : `${t("phone.owed")} ${owed}`);
    rejected.hidden = scan.payments[scan.payments.length - 1]?.status !== "rejected";
    say(pay, t("phone.pay", { amount: owed }));
  };
  worded(() => shown && show(...shown));
  return { root, show, method: () => method.value };
}

function over(acts) {
  const badge = draw("svg", { viewBox: "0 0 64 64", class: "badge", "aria-hidden": "true" }, draw("circle", { cx: 32, cy: 32, r: 29 }), draw("path", { class: "sign" }));
  const [head, money, why, refund] = [make("h3"), make("p", { class: "money" }), make("p", { class: "why" }), make("p", { class: "refund", "data-test": "refund" })];
  const again = worth("button", "phone.scan_again", { type: "button", class: "primary big", "data-test": "scan-again" });
  onPress(again, acts.again);
  const root = make("div", { class: "view over" }, badge, head, money, why, refund, again);
  const signs = { paid: "M19 33l9 9 17-19", refunded: "M45 32a13 13 0 1 1-4-9M42 15v9h-9", refunding: "M45 32a13 13 0 1 1-4-9M42 15v9h-9", abandoned: "M20 32h24", cannot_take_payment: "M22 22l20 20M42 22L22 42" };
  const heads = { paid: "phone.paid", refunded: "phone.paid", refunding: "phone.paid", abandoned: "phone.abandoned", cannot_take_payment: "phone.cannot" };
  let shown = null;
  const show = (scan, name) => {
    shown = [scan, name];
    const kind = screenOf(scan);
    badge.querySelector(".sign").setAttribute("d", signs[kind] ?? signs.abandoned);
    say(head, heads[kind] ? t(heads[kind]) : kind);
    say(money, scan.amount ? formatMoney(String(scan.amount), scan.currency, language()) : "");
    say(why, kind === "cannot_take_payment" ? scan.detail : t("phone.paid_to", { box: name }));
    say(refund, refundOf(scan));
  };
  worded(() => shown && show(...shown));
  return { root, show };
}

function refundOf(scan) {
  const back = refundsOf(scan, ["approved"]).map((each) => formatMoney(String(each.amount), scan.currency, language()));
  if (back.length > 0) return t("phone.refunded", { amount: back.join(" + ") });
  return screenOf(scan) === "refunding" ? t("phone.refunding") : "";
}
