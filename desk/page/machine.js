/** What a pump and a vending machine have in common on the page: display, switches, notebook, receipt. */

import { enable, make, mark, onPress, say } from "./dom.js";
import { formatMoney } from "./money.js";
import { ask } from "./store.js";
import { has, language, t, word, worded, worth } from "./texts.js";

/** Have the machine do something. */
export function act(machine, action, body) {
  return ask("POST", `/desk/machines/${machine.box_id}/${action}`, body ?? {});
}

/** A button for one of the machine's actions. */
export function makeAction(machine, action, test, make_body = () => undefined) {
  const button = worth("button", `act.${action}`, { type: "button", class: "plain", "data-test": test });
  return onPress(button, () => {
    const body = make_body();
    if (body !== null) act(machine, action, body);
  });
}

/** Whether an action makes sense now; a server that does not say lets everything be tried. */
export function makesSense(machine, action) {
  return machine.actions ? machine.actions.includes(action) : machine.power;
}

/** The machine's own screen: what it says to the customer, and what troubles it. */
export function makeDisplay() {
  const [line, trouble] = [make("strong"), make("span", { class: "trouble" })];
  const excess = make("span", { class: "excess", "data-test": "excess" });
  const root = make("div", { class: "display", role: "status", "data-test": "display" }, line, trouble, excess);
  let shown = null;
  const show = (machine) => {
    shown = machine;
    const { key, facts = {} } = machine.display ?? { key: machine.phase };
    const told = facts.currency ? facts : { ...facts, currency: machine.currency };
    say(line, has(key) ? t(key, told) : machine.phase);
    say(trouble, facts.trouble && has(`trouble.${facts.trouble}`) ? t(`trouble.${facts.trouble}`) : "");
    const extra = (facts.excess ?? []).map((each) => t(`excess.${each.refund}`, { ...each, currency: told.currency }));
    say(excess, extra.join(" · "));
    mark(root, "data-mood", moodOf(machine));
  };
  worded(() => shown && show(shown));
  return { root, show };
}

function moodOf({ phase, power, out_of_service: isOut }) {
  if (!power || phase === "off") return "off";
  if (isOut || ["failed", "refused", "review", "unknown"].includes(phase)) return "bad";
  if (["paid", "releasing", "delivered"].includes(phase)) return "good";
  return ["ready", "offered", "expired", "refunding"].includes(phase) ? "pay" : "calm";
}

/** The switches under a machine: power, out of service, a power cut at a chosen point. */
export function makeSwitches(machine, cuts) {
  const power = makeSwitch("switch.power", "power", (isOn) => act(machine, "power", { on: isOn }));
  const out = makeSwitch("switch.out_of_service", "out-of-service", (isOn) => act(machine, "out_of_service", { on: isOn }));
  const cut = make("select", { "data-test": "cut", onchange: () => act(machine, "power", { at: cut.value || null }) });
  for (const point of ["", ...cuts]) {
    const option = make("option", { value: point });
    word(option, point ? `cut.${point}` : "switch.cut");
    cut.append(option);
  }
  word(cut, "switch.cut", "aria-label");
  const root = make(
    "details",
    { class: "what-else" },
    worth("summary", "what_else"),
    make("div", { class: "switches" }, power.root, out.root, cut),
  );
  const show = (shown) => {
    power.set(shown.power);
    out.set(shown.out_of_service);
    if (document.activeElement !== cut) cut.value = shown.cut ?? "";
  };
  return { root, show };
}

/** A switch with words; `set` shows a state, `tell` is called when a person changes it. */
export function makeSwitch(key, test, tell) {
  const root = make("button", { type: "button", role: "switch", class: "switch", "aria-checked": "false", "data-test": test });
  root.append(make("span", { class: "knob" }), worth("span", key));
  onPress(root, () => tell(root.getAttribute("aria-checked") !== "true"));
  return { root, set: (isOn) => mark(root, "aria-checked", Boolean(isOn)) };
}

/** The machine's journal, as it would be found after a power cut. */
export function makeNotebook() {
  const list = make("ol");
  const root = make("details", { class: "notebook" }, worth("summary", "journal"), worth("p", "journal.note"), list);
  let shown = null;
  const show = (machine) => {
    shown = machine;
    const entries = machine.journal ?? [];
    const key = `${language()} ${entries.length} ${entries[0]?.at} ${entries[0]?.what}`;
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...entries.map((entry) => lineOf(entry, machine)));
    if (entries.length === 0) list.append(make("li", { text: t("journal.empty") }));
  };
  worded(() => shown && show(shown));
  return { root, show };
}

function lineOf(entry, machine) {
  const facts = { ...entry, currency: machine.currency };
  if (entry.result) facts.result = t(`result.${entry.result}`);
  if (entry.state && has(`order.${entry.state}`)) facts.state = t(`order.${entry.state}`);
  const words = has(`journal.${entry.what}`) ? t(`journal.${entry.what}`, facts) : entry.what;
  return make("li", {}, make("time", { text: new Date(entry.at).toLocaleTimeString(language()) }), make("span", { text: words }));
}

/** The paper that comes out when it is paid. */
export function makeReceipt() {
  const field = (key) => [worth("dt", key), make("dd")];
  const [title, amount] = [make("p", { class: "what" }), make("p", { class: "amount" })];
  const [paymentWord, payment] = field("receipt.payment");
  const [orderWord, order] = field("receipt.order");
  const paper = make(
    "div",
    { class: "paper" },
    worth("h3", "receipt"),
    title,
    amount,
    worth("p", "receipt.paid_with"),
    make("dl", {}, paymentWord, payment, orderWord, order),
    worth("p", "receipts_thanks", { class: "thanks" }),
  );
  const root = make("article", { class: "receipt", "data-test": "receipt", hidden: true }, paper);
  let shown = null;
  const show = ({ receipt, order: sold, currency }) => {
    root.hidden = !receipt;
    shown = receipt && { receipt, sold, currency };
    if (!receipt) return;
    say(title, receipt.title ?? sold?.items?.[0]?.title ?? "");
    say(amount, formatMoney(receipt.amount ?? receipt.total, receipt.currency ?? currency, language()));
    say(payment, String(receipt.payment_id ?? "—"));
    say(order, String(receipt.order_id ?? ""));
  };
  worded(() => shown && show({ receipt: shown.receipt, order: shown.sold, currency: shown.currency }));
  return { root, show };
}

/** Show which of several buttons make sense, and which is the next thing to do. */
export function showButtons(machine, buttons, next) {
  for (const [action, button] of Object.entries(buttons)) {
    enable(button, makesSense(machine, action));
    button.classList.toggle("primary", action === next && makesSense(machine, action));
    button.classList.toggle("plain", !(action === next && makesSense(machine, action)));
  }
}
