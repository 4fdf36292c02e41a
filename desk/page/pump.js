/** The pump: its drawing that follows the machine, and its buttons: lift, fill, hang up. */

import { draw, isCalm, loadDrawing, make, mark, say } from "./dom.js";
import { act, makeAction, makeDisplay, makeNotebook, makeReceipt, makeSwitches, makesSense, showButtons } from "./machine.js";
import { decimalsOf, formatMoney, formatNumber, isPositive, readDecimal } from "./money.js";
import { language, t, word, worded, worth } from "./texts.js";

const CUTS = ["sale", "sent", "paid", "cancel"];
const EXAMPLE = { amount: "15000.50", litres: "12.5" };
/** Where the nozzle hangs and where it fills: the tip's place and the turn in degrees. */
const HUNG = { x: 208, y: 140, turn: 90 };
const IN_CAR = { x: 143, y: 303, turn: 4 };
const MOVE_MS = 650;

/** Make the view of a pump: {root, show(machine)}. */
export function makePump(machine) {
  const [display, receipt, notebook] = [makeDisplay(), makeReceipt(), makeNotebook()];
  const amount = makeAmount(machine);
  const buttons = {
    lift: makeAction(machine, "lift", "lift"),
    fill: makeAction(machine, "fill", "fill", amount.read),
    hang_up: makeAction(machine, "hang_up", "hang-up"),
    cash: makeAction(machine, "cash", "cash"),
    correct: makeAction(machine, "correct", "correct", amount.readAmount),
  };
  const switches = makeSwitches(machine, CUTS);
  const art = make("div", { class: "art pump" }, receipt.root);
  const picture = { show: () => {} };
  const root = make(
    "div",
    { class: "machine" },
    display.root,
    art,
    make(
      "div",
      { class: "controls" },
      make("div", { class: "row" }, buttons.lift, buttons.hang_up),
      make("div", { class: "row fill-row" }, amount.root, buttons.fill),
      amount.problem,
      make("div", { class: "row" }, buttons.cash, buttons.correct),
    ),
    make("p", { class: "technical" }),
    switches.root,
    notebook.root,
  );
  let shown = machine;
  loadDrawing("pump.svg").then((svg) => {
    art.prepend(svg);
    Object.assign(picture, makePicture(svg, machine));
    picture.show(shown);
  });
  const show = (now) => {
    shown = now;
    for (const part of [display, receipt, notebook, switches, picture, amount]) part.show(now);
    showButtons(now, buttons, nextOf(now));
    say(root.querySelector(".technical"), now.error ?? "");
  };
  return { root, show };
}

function nextOf(machine) {
  if (makesSense(machine, "hang_up") && isPositive(String(machine.amount ?? "0")) && machine.phase !== "filling") return "hang_up";
  return ["fill", "lift"].find((action) => makesSense(machine, action)) ?? null;
}

/** How much: a number by amount or by litres, read as people write it. */
function makeAmount(machine) {
  let by = "amount";
  const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", size: 9, "data-test": "how-much" });
  const problem = make("p", { class: "problem", role: "alert", hidden: true });
  word(input, "how_much", "aria-label");
  const write = (value) => (input.value = formatNumber(value, language()));
  const choices = ["amount", "litres"].map((each) => {
    const button = worth("button", `by_${each}`, { type: "button", class: "chip", "data-test": `by-${each}`, "aria-pressed": each === by });
    button.addEventListener("click", () => choose(each));
    return button;
  });
  const choose = (wanted) => {
    by = wanted;
    choices.forEach((button, at) => mark(button, "aria-pressed", ["amount", "litres"][at] === by));
    write(EXAMPLE[by]);
    problem.hidden = true;
  };
  const readNumber = () => {
    const read = readDecimal(input.value, language());
    problem.hidden = isPositive(read);
    mark(input, "aria-invalid", isPositive(read) ? null : "true");
    if (isPositive(read)) return read;
    say(problem, t("bad_number", { example: formatNumber(EXAMPLE[by], language()) }));
    input.focus();
    return null;
  };
  const read = () => {
    const number = readNumber();
    return number && { [by]: number };
  };
  let typedIn = language();
  worded(() => {
    const value = readDecimal(input.value, typedIn);
    typedIn = language();
    write(value ?? EXAMPLE[by]);
  });
  const root = make("div", { class: "how-much" }, make("div", { class: "chips" }, ...choices), input);
  const readAmount = () => {
    if (by === "amount") return read();
    choose("amount");
    return null;
  };
  const show = (now) => mark(root, "data-faint", makesSense(now, "fill") || makesSense(now, "correct") ? null : "true");
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && makesSense(show.now ?? machine, "fill")) {
      const body = read();
      if (body) act(machine, "fill", body);
    }
  });
  return { root, read, readAmount, problem, show: (now) => show((show.now = now)) };
}

/** The drawing: counters, code, lamp, and the nozzle on its hose. */
function makePicture(svg, machine) {
  const part = (id) => {
    const found = svg.querySelector(`#pump-${id}`);
    found.removeAttribute("id");
    return found;
  };
  const names = ["name", "total-word", "total", "litres-word", "litres", "price-word", "price", "qr", "sticker", "lamp", "hose", "flow", "nozzle"];
  const parts = Object.fromEntries(names.map((name) => [name, part(name)]));
  // A paint is found by its id, and must not be another pump's that is not shown.
  for (const paint of svg.querySelectorAll("linearGradient")) {
    const [before, own] = [paint.id, `${paint.id}-${machine.box_id}`];
    paint.id = own;
    for (const painted of svg.querySelectorAll(`[fill="url(#${before})"]`)) painted.setAttribute("fill", `url(#${own})`);
  }
  parts.name.textContent = machine.name;
  parts.qr.setAttribute("href", `/desk/qr.svg?text=${encodeURIComponent(machine.qr)}`);
  parts.qr.append(draw("title", { text: machine.qr }));
  let shown = machine;
  let at = 0;
  let goal = null;
  let last = 0;
  const place = (progress) => {
    const eased = progress * progress * (3 - 2 * progress);
    const mix = (from, to) => from + (to - from) * eased;
    const lift = Math.sin(eased * Math.PI) * 34;
    const [x, y, turn] = [mix(HUNG.x, IN_CAR.x), mix(HUNG.y, IN_CAR.y) - lift, mix(HUNG.turn, IN_CAR.turn)];
    parts.nozzle.setAttribute("transform", `translate(${x} ${y}) rotate(${turn})`);
    const rad = (turn * Math.PI) / 180;
    const [endX, endY] = [x + 62 * Math.cos(rad) + 2 * Math.sin(rad), y + 62 * Math.sin(rad)];
    const path = `M217 330C${mix(168, 186)} ${mix(352, 368)} ${endX + 70 * Math.cos(rad)} ${endY + 70 * Math.sin(rad) + mix(0, 26)} ${endX} ${endY}`;
    parts.hose.setAttribute("d", path);
    parts.flow.setAttribute("d", path);
  };
  const step = (now) => {
    const passed = Math.min((now - last) / MOVE_MS, 0.1);
    last = now;
    at = goal > at ? Math.min(goal, at + passed) : Math.max(goal, at - passed);
    place(at);
    if (at !== goal) requestAnimationFrame(step);
  };
  const moveTo = (wanted) => {
    if (goal === wanted) return;
    const isFirst = goal === null;
    goal = wanted;
    if (isFirst || isCalm()) {
      at = goal;
      place(at);
      return;
    }
    last = performance.now();
    requestAnimationFrame(step);
  };
  const words = () => {
    const lang = language();
    parts["litres-word"].textContent = t("litres").toUpperCase();
    parts["price-word"].textContent = t("per_litre");
    parts.sticker.textContent = t("scan_to_pay");
    const currency = shown.currency ?? "ARS";
    const symbol = formatMoney("0", currency, lang).replace(/[\d.,\s]/g, "");
    parts["total-word"].textContent = `${t("total").toUpperCase()} ${symbol}`;
    parts.total.textContent = shown.power === false ? "" : formatNumber(shown.amount ?? "0", lang, decimalsOf(currency));
    parts.litres.textContent = shown.power === false ? "" : formatNumber(shown.litres ?? "0", lang);
    parts.price.textContent = formatMoney(shown.price_per_litre, currency, lang);
  };
  worded(words);
  const show = (now) => {
    shown = now;
    words();
    moveTo(["lifted", "filling"].includes(now.phase) ? 1 : 0);
    mark(svg, "data-phase", now.phase);
    mark(svg, "data-power", String(now.power));
    parts.flow.classList.toggle("flowing", now.phase === "filling");
  };
  return { show };
}
