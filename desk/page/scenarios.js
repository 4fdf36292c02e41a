/** Scenarios: whole stories that play by themselves, narrated step by step. */

import { make, mark, onPress, say } from "./dom.js";
import { ask, boxNamed, on, state } from "./store.js";
import { has, t, worded, worth } from "./texts.js";

const EMPTY = { steps: [] };

/** Put the panel together: what can be played, and the story that is playing. */
export function showScenarios(panel) {
  const grid = make("div", { class: "stories" });
  const none = worth("p", "scenarios.none", { class: "nothing" });
  const choice = make("div", {}, make("div", { class: "note" }, worth("p", "scenarios.note")), grid, none);
  const title = make("h3");
  const [mood, steps] = [make("span", { class: "mood" }), make("ol", { class: "story", role: "log", "aria-live": "polite", "data-test": "story" })];
  const stop = worth("button", "scenario.stop", { type: "button", class: "plain", "data-test": "scenario-stop" });
  const close = worth("button", "scenario.close", { type: "button", class: "plain", "data-test": "scenario-close" });
  const telling = make("div", { class: "telling", hidden: true }, make("div", { class: "story-head" }, title, mood, stop, close), steps);
  panel.append(choice, telling);
  let isClosed = false;

  onPress(stop, () => ask("DELETE", `/sim/scenarios/${state.run.id}`));
  onPress(close, () => {
    isClosed = true;
    draw();
    grid.firstElementChild?.focus();
  });
  const start = async (name) => {
    const box = boxNamed(state.selected);
    const run = await ask("POST", "/sim/scenarios", { name, pos: box?.box_id ?? box?.external_id });
    if (!run) return;
    isClosed = false;
    if (state.run?.id !== run.id) state.run = run;
    draw();
    telling.querySelector("button:not([hidden])")?.focus();
  };
  on("scenarios", () => {
    grid.replaceChildren(
      ...state.scenarios.map(({ name }) => {
        const button = make("button", { type: "button", class: "plain story-button", "data-test": `scenario-${name}` });
        worded(() => say(button, has(`scenario.${name}`) ? t(`scenario.${name}`) : name));
        return onPress(button, () => start(name));
      }),
    );
    none.hidden = state.scenarios.length > 0;
  });
  on("run", () => {
    if (state.run.steps.length <= 1) isClosed = false;
    draw();
  });
  on("cleared", () => {
    isClosed = true;
    draw();
  });

  const draw = () => {
    const run = state.run ?? EMPTY;
    telling.hidden = !state.run || isClosed;
    choice.hidden = !telling.hidden;
    if (telling.hidden) return;
    say(title, has(`scenario.${run.name}`) ? t(`scenario.${run.name}`) : run.name);
    say(mood, t(`scenario.${run.state}`));
    mark(mood, "data-state", run.state);
    stop.hidden = run.state !== "running";
    close.hidden = run.state === "running";
    if (document.activeElement === document.body && !close.hidden && run.state !== "running") close.focus();
    if (steps.dataset.run !== run.id) steps.replaceChildren();
    steps.dataset.run = run.id;
    run.steps.forEach((step, at) => {
      if (!steps.children[at]) steps.append(make("li"));
      say(steps.children[at], wordsOf(step));
      mark(steps.children[at], "data-please", step.text_key.startsWith("please_") ? "true" : null);
    });
    steps.scrollTop = steps.scrollHeight;
  };
  worded(draw);
}

function wordsOf({ text_key: key, facts, text }) {
  return has(`story.${key}`) ? t(`story.${key}`, facts) : (text ?? key);
}
