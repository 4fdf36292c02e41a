/** The laboratory: tabs for scenarios, faults and the clock. */

import { make, mark, onPress, roam, say } from "./dom.js";
import { showScenarios } from "./scenarios.js";
import { ask, on, state } from "./store.js";
import { t, word, worded, worth } from "./texts.js";

const GROUPS = {
  notifications: [
    "notifications_lost", "notifications_late", "notifications_doubled", "notifications_reordered", "notifications_ipn_only",
    "notifications_webhook_only", "notifications_badly_signed",
  ],
  api: ["api_slow", "api_429", "api_5xx", "api_html", "api_401", "reads_lag"],
  polls: ["polls_time_out"],
  refunds: ["refunds_pending", "no_balance"],
};
const STEPS = [30, 300, 1800];

/** Put the pane together. */
export function showLab() {
  const [tabs, body] = [document.getElementById("lab-tabs"), document.getElementById("lab-body")];
  word(tabs, "pane.lab", "aria-label");
  const panels = { scenarios: make("div"), faults: make("div"), clock: make("div") };
  const chips = Object.keys(panels).map((name) => {
    const badge = make("span", { class: "badge-count" });
    const chip = make(
      "button",
      { type: "button", role: "tab", class: "chip", id: `lab-${name}`, "data-test": `lab-${name}`, "aria-controls": `lab-panel-${name}`, "data-name": name },
      worth("span", `lab.${name}`),
      badge,
    );
    const panel = panels[name];
    for (const [key, value] of Object.entries({ id: `lab-panel-${name}`, role: "tabpanel", class: `lab-panel ${name}`, "aria-labelledby": `lab-${name}` })) mark(panel, key, value);
    chip.addEventListener("click", () => choose(name));
    return chip;
  });
  const choose = (name) => {
    for (const chip of chips) {
      const isChosen = chip.dataset.name === name;
      mark(chip, "aria-selected", isChosen);
      chip.tabIndex = isChosen ? 0 : -1;
      panels[chip.dataset.name].hidden = !isChosen;
    }
  };
  tabs.append(...chips);
  body.append(...Object.values(panels));
  roam(tabs, "[role=tab]", (chip) => choose(chip.dataset.name));
  choose("scenarios");
  const badgeOf = (name) => chips.find((chip) => chip.dataset.name === name).lastElementChild;
  showScenarios(panels.scenarios);
  showFaults(panels.faults, badgeOf("faults"));
  showClock(panels.clock, badgeOf("clock"));
}

function showFaults(panel, badge) {
  const allOff = worth("button", "faults.off", { type: "button", class: "quiet", "data-test": "faults-off" });
  onPress(allOff, () => ask("DELETE", "/sim/faults"));
  panel.append(make("div", { class: "note" }, worth("p", "faults.note"), allOff));
  const switches = new Map();
  const groups = make("div", { class: "fault-groups" });
  for (const [group, names] of Object.entries(GROUPS)) {
    const legend = worth("legend", `faults.${group}`);
    groups.append(make("fieldset", {}, legend, ...names.map((name) => addFault(name, switches))));
  }
  panel.append(groups);
  on("faults", () => {
    let count = 0;
    for (const [name, button] of switches) {
      const fault = state.faults.get(name);
      mark(button, "aria-checked", Boolean(fault?.on));
      mark(button, "aria-disabled", fault ? null : "true");
      if (fault?.on) count += 1;
    }
    mark(allOff, "aria-disabled", count > 0 ? null : "true");
    say(badge, count > 0 ? String(count) : "");
  });
}

function addFault(name, switches) {
  const button = make(
    "button",
    { type: "button", role: "switch", class: "switch", "aria-checked": "false", "data-test": `fault-${name}` },
    make("span", { class: "knob" }),
    worth("span", `fault.${name}`),
  );
  onPress(button, async () => {
    const isOn = button.getAttribute("aria-checked") === "true";
    const said = await ask(isOn ? "DELETE" : "PUT", `/sim/faults/${name}`);
    // The event says it to everybody; whoever switched it should not wait for that.
    if (said) mark(button, "aria-checked", !isOn);
  });
  switches.set(name, button);
  return button;
}

function showClock(panel, badge) {
  const now = make("p", { class: "ahead", role: "status", "data-test": "ahead" });
  const steps = STEPS.map((seconds, at) => {
    const button = make("button", { type: "button", class: "plain", "data-test": at === 0 ? "advance" : `advance-${seconds}` });
    worded(() => {
      say(button, `+${spell(seconds)}`);
      mark(button, "aria-label", t("clock.advance", { time: spell(seconds) }));
    });
    onPress(button, () => ask("POST", "/sim/clock", { advance: seconds }));
    return button;
  });
  panel.append(make("div", { class: "note" }, worth("p", "clock.note")), make("div", { class: "row" }, ...steps), now);
  const draw = () => {
    const ahead = Math.round(state.ahead);
    say(now, ahead > 0 ? t("clock.ahead", { time: spell(ahead) }) : t("clock.on_time"));
    say(badge, ahead > 0 ? `+${spell(ahead)}` : "");
  };
  on("clock", draw);
  worded(draw);
}

/** 5400 → "1 h 30 min". */
function spell(seconds) {
  const parts = [[Math.floor(seconds / 3600), "h"], [Math.floor((seconds % 3600) / 60), "min"], [seconds % 60, "s"]];
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(" ");
}
