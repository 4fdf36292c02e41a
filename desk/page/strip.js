/** The strip of the nine steps: each label lights as it happens at the chosen box; a sentence says what a step is. */

import { make, mark, roam, say } from "./dom.js";
import { on, state } from "./store.js";
import { LABELS, litOf, seePhone } from "./steps.js";
import { t, word, worded } from "./texts.js";

const SHOWN_MS = 6000;
const AT_ONCE = 4;

/** Put the strip together; `book` keeps which steps have happened. */
export function showStrip(book) {
  const [list, sentence] = [document.getElementById("strip-groups"), document.getElementById("strip-sentence")];
  word(document.getElementById("strip"), "steps", "aria-label");
  const buttons = new Map();
  const groups = new Map();
  for (const label of LABELS) {
    const number = label[0];
    if (!groups.has(number)) groups.set(number, addGroup(list, number));
    const button = make("button", { type: "button", class: "step", "data-test": `step-${label}`, text: label });
    button.tabIndex = label === "1" ? 0 : -1;
    groups.get(number).labels.append(button);
    buttons.set(label, button);
    for (const event of ["mouseenter", "focus", "click"]) button.addEventListener(event, () => tell(label, true));
    for (const event of ["mouseleave", "blur"]) button.addEventListener(event, () => tell(null, true));
  }
  roam(list, ".step");

  let [told, pointed, timer] = [null, null, null];
  const draw = () => {
    const label = pointed ?? told;
    sentence.replaceChildren();
    if (!label) return say(sentence, t("steps.hint"));
    sentence.append(make("b", { text: `${label} ` }), t(`step.${label}`));
    return null;
  };
  function tell(label, isPointed) {
    if (isPointed) pointed = label;
    else {
      told = label;
      clearTimeout(timer);
      timer = setTimeout(() => ((told = null), draw()), SHOWN_MS);
    }
    draw();
  }

  const light = () => {
    const lit = litOf(book, state.selected);
    const fresh = [];
    for (const [label, button] of buttons) {
      const isLit = lit.has(label);
      if (isLit && !button.classList.contains("lit")) fresh.push(label);
      if (!isLit) button.classList.remove("now");
      button.classList.toggle("lit", isLit);
      mark(button, "aria-label", `${label}: ${t(`step.${label}`)} (${t(isLit ? "lit" : "not_lit")})`);
    }
    for (const [number, group] of groups) {
      const labels = LABELS.filter((label) => label[0] === number);
      group.root.classList.toggle("lit", labels.some((label) => lit.has(label)));
      group.root.classList.toggle("full", labels.every((label) => lit.has(label)));
    }
    // Many at once is a story that is read again, not one that happens.
    if (fresh.length === 0 || fresh.length > AT_ONCE) return;
    for (const [label, button] of buttons) button.classList.toggle("now", fresh.includes(label));
    const newest = fresh[fresh.length - 1];
    buttons.get(newest).scrollIntoView({ block: "nearest", inline: "nearest" });
    tell(newest, false);
  };
  let isDue = false;
  const lightSoon = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      light();
    });
  };
  on("message", lightSoon);
  on("scan", (scan) => {
    seePhone(book, scan);
    lightSoon();
  });
  on("selected", lightSoon);
  on("cleared", () => {
    book.sales.clear();
    lightSoon();
  });
  worded(draw);
  worded(light);
}


function addGroup(list, number) {
  const labels = make("div", { class: "labels" });
  const name = make("span", { class: "name" });
  word(name, `group.${number}`);
  const root = make("li", { class: "group" }, name, labels);
  list.append(root);
  return { root, labels };
}
