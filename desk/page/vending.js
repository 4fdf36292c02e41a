/** The vending machine: products on their coils, one drops or jams, and its buttons. */

import { draw, enable, make, mark, onPress, say } from "./dom.js";
import { act, makeAction, makeDisplay, makeNotebook, makeReceipt, makeSwitch, makeSwitches, makesSense, showButtons } from "./machine.js";
import { formatMoney } from "./money.js";
import { drawProduct } from "./products.js";
import { language, t, word, worded, worth } from "./texts.js";

const CUTS = ["sale", "sent", "paid", "claim", "granted", "motor", "drop", "report", "reported"];
const COIL = "M3 6c0-5 10-5 10 0s-10 5-10 0M13 6c0-5 10-5 10 0s-10 5-10 0M23 6c0-5 10-5 10 0s-10 5-10 0M33 6c0-5 10-5 10 0s-10 5-10 0M43 6c0-5 10-5 10 0s-10 5-10 0";
/** How far down a product gets that jams, in pixels. */
const CAUGHT = 17;
const LYING = 0.15;
const MOTIONS = { releasing: "turning", delivered: "dropped", failed: "stuck", unknown: "turning" };

/** Make the view of a vending machine: {root, show(machine)}. */
export function makeVending(machine) {
  const [display, receipt, notebook] = [makeDisplay(), makeReceipt(), makeNotebook()];
  const jam = makeSwitch("switch.jam", "jam", (isOn) => act(machine, "jam", { on: isOn }));
  const switches = makeSwitches(machine, CUTS);
  const buttons = { cancel: makeAction(machine, "cancel", "cancel") };
  const slots = new Map();
  const shelf = make("div", { class: "shelf", role: "group" });
  word(shelf, "vending.idle", "aria-label");
  for (const product of machine.products ?? []) {
    const slot = makeSlot(machine, product);
    slots.set(product.id, slot);
    shelf.append(slot.root);
  }
  const count = slots.size;
  shelf.style.gridTemplateColumns = `repeat(${count === 4 ? 2 : Math.min(Math.max(count, 1), 3)}, minmax(0, 1fr))`;
  const tray = make("div", { class: "tray" }, worth("span", "tray"));
  const faller = make("div", { class: "faller", "aria-hidden": "true", hidden: true });
  const code = make("img", { src: `/desk/qr.svg?text=${encodeURIComponent(machine.qr)}`, width: 100, height: 100 });
  worded(() => mark(code, "alt", t("qr_of", { name: machine.name })));
  const cabinet = make(
    "div",
    { class: "cabinet" },
    make("p", { class: "crown", text: machine.name }),
    make("div", { class: "window" }, shelf),
    make("div", { class: "side" }, make("div", { class: "code" }, code, worth("p", "scan_to_pay")), make("span", { class: "coins" }), make("span", { class: "light" })),
    tray,
    faller,
  );
  const root = make(
    "div",
    { class: "machine" },
    display.root,
    make("div", { class: "art vending" }, cabinet, receipt.root),
    make("p", { class: "technical" }),
    make("div", { class: "controls" }, make("div", { class: "row" }, buttons.cancel, jam.root)),
    switches.root,
    notebook.root,
  );
  let before = {};
  const show = (now) => {
    for (const part of [display, receipt, notebook, switches]) part.show(now);
    for (const product of now.products ?? []) slots.get(product.id)?.show(product, now);
    showButtons(now, buttons, null);
    say(root.querySelector(".technical"), now.error ?? "");
    jam.set(now.jam);
    mark(cabinet, "data-power", String(now.power));
    mark(cabinet, "data-phase", now.phase);
    moveGoods(now, before, slots, cabinet, faller);
    before = now;
  };
  return { root, show };
}

function makeSlot(machine, product) {
  const [price, left] = [make("span", { class: "price" }), make("span", { class: "left" })];
  const goods = make("span", { class: "goods" }, drawProduct(product.id, product.name));
  const coil = draw("svg", { class: "coil", viewBox: "0 0 56 12", "aria-hidden": "true" }, draw("path", { d: COIL }));
  const root = make(
    "button",
    { type: "button", class: "slot", "data-test": `choose-${product.id}` },
    goods,
    coil,
    make("span", { class: "name", text: product.name }),
    make("span", { class: "tag" }, price, left),
  );
  onPress(root, () => act(machine, "choose", { product: product.id }));
  let [shown, whole] = [product, machine];
  const words = () => {
    const money = formatMoney(shown.price, whole.currency ?? "ARS", language());
    say(price, money);
    say(left, shown.left > 0 ? t("left", { count: shown.left }) : t("sold_out"));
    mark(root, "aria-label", `${t("choose", { name: shown.name, price: money })}, ${left.textContent}`);
  };
  worded(words);
  const show = (now, all) => {
    [shown, whole] = [now, all];
    words();
    enable(root, now.left > 0 && makesSense(all, "choose"));
    mark(root, "data-empty", now.left > 0 ? null : "true");
    const isChosen = all.product === now.id && !["idle", "off"].includes(all.phase);
    mark(root, "aria-pressed", isChosen);
    const wasStuck = root.dataset.motion === "stuck" && ["refunding", "refunded"].includes(all.phase);
    mark(root, "data-motion", (isChosen && (wasStuck ? "stuck" : MOTIONS[all.phase])) || null);
  };
  return { root, goods, show };
}

/** Drop what is delivered from its coil into the tray; what jams stays caught halfway. */
function moveGoods(now, before, slots, cabinet, faller) {
  const slot = slots.get(now.product);
  const isOut = now.phase === "delivered";
  const isStuck = ["failed", "refunding", "refunded"].includes(now.phase) && (now.phase === "failed" || faller.dataset.way === "stuck");
  if (!slot || (!isOut && !isStuck)) {
    faller.hidden = true;
    delete faller.dataset.way;
    return;
  }
  const way = isOut ? "out" : "stuck";
  if (faller.dataset.way === way && before.phase !== undefined) return;
  faller.replaceChildren(slot.goods.firstElementChild.cloneNode(true));
  const [from, frame] = [slot.goods.getBoundingClientRect(), cabinet.getBoundingClientRect()];
  // Not in sight: it is placed when it comes into sight.
  if (frame.width === 0) return;
  const tray = cabinet.querySelector(".tray").getBoundingClientRect();
  faller.style.left = `${from.left - frame.left}px`;
  faller.style.top = `${from.top - frame.top}px`;
  faller.style.width = `${from.width}px`;
  faller.style.height = `${from.height}px`;
  // It comes to lie on its side: its centre sinks by half of what it is taller than wide.
  const depth = tray.bottom - from.bottom - 5 + from.height * LYING;
  faller.style.setProperty("--down", `${isOut ? depth : CAUGHT}px`);
  faller.style.setProperty("--over", `${isOut ? tray.left + tray.width / 2 - from.left - from.width / 2 : 4}px`);
  faller.dataset.way = way;
  faller.hidden = false;
}
