/** On a narrow screen the panes are tabs; each tab says when something happens behind it. */

import { make, mark, roam, say } from "./dom.js";
import { on, state } from "./store.js";
import { t, word, worded } from "./texts.js";

const PANES = ["box", "phone", "wire", "lab"];
const NARROW = matchMedia("(max-width: 719px)");

/** Put the switcher together. */
export function showPanes() {
  const [panes, switcher] = [document.getElementById("panes"), document.getElementById("switcher")];
  for (const name of PANES) word(document.getElementById(`${name}-title`), `pane.${name}`);
  word(switcher, "panes", "aria-label");
  const buttons = new Map(PANES.map((name) => [name, makeButton(name)]));
  switcher.append(...[...buttons.values()].map(({ root }) => root));
  const choose = (name) => {
    panes.dataset.shown = name;
    for (const [each, { root, dot }] of buttons) {
      mark(root, "aria-pressed", each === name);
      if (each === name) dot.hidden = true;
    }
    document.dispatchEvent(new CustomEvent("pane-shown", { detail: name }));
  };
  for (const [name, { root }] of buttons) root.addEventListener("click", () => choose(name));
  roam(switcher, "button");
  choose("box");

  const tell = (name) => {
    if (NARROW.matches && !state.isCatchingUp && panes.dataset.shown !== name) buttons.get(name).dot.hidden = false;
  };
  const phases = new Map();
  on("machine", ({ box_id: box, phase }) => {
    if (phases.get(box) !== phase && phases.has(box)) tell("box");
    phases.set(box, phase);
  });
  const screens = new Map();
  on("scan", ({ id, state: shown }) => {
    if (screens.get(id) !== shown) tell("phone");
    screens.set(id, shown);
  });
  on("message", () => tell("wire"));
  on("run", () => state.run && tell("lab"));
}

function makeButton(name) {
  const [words, dot] = [make("span"), make("span", { class: "dot", hidden: true })];
  worded(() => {
    say(words, t(`tab.${name}`));
    mark(dot, "aria-label", t("news"));
  });
  mark(dot, "role", "img");
  const root = make("button", { type: "button", "data-test": `tab-${name}`, "aria-pressed": "false" }, words, dot);
  return { root, dot };
}
