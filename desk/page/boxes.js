/** The box pane: one tab per machine, and a sticker for a box whose machine is elsewhere. */

import { make, mark, roam, say } from "./dom.js";
import { mask } from "./keys.js";
import { makePump } from "./pump.js";
import { on, select, state } from "./store.js";
import { t, word, worded, worth } from "./texts.js";
import { makeVending } from "./vending.js";

const MAKERS = { pump: makePump, vending: makeVending };
const views = new Map();

/** Put the pane together; it follows the store from then on. */
export function showBoxes() {
  const [tabs, body] = [document.getElementById("machines"), document.getElementById("box-body")];
  word(tabs, "machines", "aria-label");
  const nothing = make("div", { class: "nothing" }, worth("h3", "no_boxes.title"), worth("p", "no_boxes.text"));
  body.append(nothing);
  roam(tabs, "[role=tab]", (tab) => select(tab.dataset.box));

  on("boxes", () => {
    const ids = [...state.machines.keys(), ...[...state.boxes.keys()].filter((id) => !state.machines.has(id))];
    for (const [id, view] of views) if (!ids.includes(id) || view.isBare !== !state.machines.has(id)) drop(id);
    for (const id of ids) if (!views.has(id)) add(id, tabs, body);
    for (const id of ids) tabs.append(...(tabs.children[ids.indexOf(id)] === views.get(id).tab ? [] : [views.get(id).tab]));
    nothing.hidden = ids.length > 0;
    if (!ids.includes(state.selected)) select(ids[0] ?? null);
    follow();
  });
  on("machine", (machine) => {
    const view = views.get(machine.box_id);
    if (!view) return;
    view.show(machine);
    if (machine.box_id !== state.selected && view.phase !== machine.phase) view.dot.hidden = false;
    view.phase = machine.phase;
  });
  on("selected", follow);
}

function add(id, tabs, body) {
  const machine = state.machines.get(id);
  const pos = state.boxes.get(id);
  const panel = `panel-${id}`;
  const dot = make("span", { class: "dot", hidden: true });
  const tab = make(
    "button",
    {
      type: "button", role: "tab", class: "chip", id: `tab-${id}`, "data-box": id, "data-test": `machine-${id}`, "aria-controls": panel,
      onclick: () => select(id),
    },
    make("span", { text: machine?.name ?? pos?.name ?? id }),
    dot,
  );
  const maker = MAKERS[machine?.kind];
  const view = maker ? maker(machine) : makeSticker(id, machine ?? pos);
  for (const [name, value] of Object.entries({ role: "tabpanel", id: panel, "aria-labelledby": `tab-${id}` })) {
    mark(view.root, name, value);
  }
  tabs.append(tab);
  body.append(view.root);
  views.set(id, { ...view, tab, dot, isBare: !machine, phase: machine?.phase });
  if (machine) view.show(machine);
}

function drop(id) {
  const { tab, root } = views.get(id);
  tab.remove();
  root.remove();
  views.delete(id);
}

function follow() {
  for (const [id, { tab, root, dot, show }] of views) {
    const isChosen = id === state.selected;
    mark(tab, "aria-selected", isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
    root.hidden = !isChosen;
    if (!isChosen) continue;
    if (state.machines.has(id)) show(state.machines.get(id));
    dot.hidden = true;
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function makeSticker(id, box) {
  const text = box.qr?.image ?? box.qr ?? "";
  const picture = make("img", { src: `/desk/qr.svg?text=${encodeURIComponent(text)}`, width: 220, height: 220, loading: "lazy" });
  worded(() => mark(picture, "alt", t("qr_of", { name: box.name ?? id })));
  const url = make("code");
  say(url, mask(box.url ?? ""));
  const root = make(
    "div",
    { class: "machine bare" },
    make("div", { class: "card" }, make("h3", { text: box.name ?? id }), picture, worth("p", "scan_to_pay")),
    worth("p", "bare.text"),
    make("p", { class: "aside" }, worth("span", "bare.url"), " ", url),
  );
  return { root, show: () => {} };
}
