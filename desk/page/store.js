/** The state of the page, made from what the server says: machines, boxes, phones, faults, the clock, the wire. */

import { parse } from "./exact.js";

const NEWEST = 600;
const RETRY = [500, 1000, 2000, 4000, 8000];

export const state = {
  machines: new Map(),
  boxes: new Map(),
  scans: new Map(),
  faults: new Map(),
  scenarios: [],
  run: null,
  ahead: 0,
  link: "connecting",
  /** Whether what comes in happened before the page was looking. */
  isCatchingUp: true,
  selected: null,
};

const listeners = new Map();
let newest = 0;
let attempt = 0;
/** What is heard while older messages are still being fetched; null when nothing is. */
let held = null;

/** Call `tell` with what has changed whenever something of this kind has: machine, boxes, scan, faults, … */
export function on(kind, tell) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), tell]);
}

/** Tell everybody who listens for this kind. */
export function emit(kind, what) {
  for (const tell of listeners.get(kind) ?? []) tell(what);
}

/** Ask the server; returns the parsed answer, or null after saying what went wrong. */
export async function ask(method, path, body) {
  try {
    const answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const said = parse((await answer.text()) || "null");
    if (answer.ok) return said ?? {};
    emit("trouble", said?.message ?? `${method} ${path}: ${answer.status}`);
  } catch (error) {
    emit("trouble", String(error.message ?? error));
  }
  return null;
}

/** Choose the box that everything is about. */
export function select(box) {
  if (state.selected === box) return;
  state.selected = box;
  emit("selected", box);
}

/** A box as the page knows it: its machine if one is attached, else what Mercado Pago knows. */
export function boxNamed(id) {
  return state.machines.get(id) ?? state.boxes.get(id) ?? null;
}

/** Listen to the server for good, however often the connection is lost. */
export function connect() {
  const source = new EventSource("/sim/events");
  const hear = (kind, take) => source.addEventListener(kind, (event) => take(parse(event.data)));
  hear("hello", welcome);
  hear("wire", takeMessage);
  hear("scan", takeScan);
  hear("machine", takeMachine);
  hear("faults", (list) => takeFaults(Array.isArray(list) ? list : null));
  hear("clock", ({ ahead }) => takeClock(ahead));
  hear("pos", loadBoxes);
  hear("scenario", (run) => emit("run", (state.run = run)));
  hear("reset", startOver);
  source.onerror = () => {
    setLink("lost");
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(connect, RETRY[Math.min(attempt++, RETRY.length - 1)]);
  };
}

async function welcome({ seq }) {
  attempt = 0;
  setLink("live");
  if (seq < newest) startOver();
  const since = Math.max(newest, seq - NEWEST);
  held = [];
  state.isCatchingUp = true;
  const [messages] = await Promise.all([
    seq > newest ? ask("GET", `/sim/wire?since=${since}&limit=1000`) : [],
    loadBoxes(),
    loadScans(),
    takeFaults(null),
    quietly("/sim/clock").then((clock) => clock && takeClock(clock.ahead)),
    quietly("/sim/scenarios").then((list) => list && emit("scenarios", (state.scenarios = list))),
  ]);
  const heard = held;
  held = null;
  [...(messages ?? []), ...heard].forEach(takeMessage);
  state.isCatchingUp = false;
}

function setLink(link) {
  if (state.link === link) return;
  state.link = link;
  emit("link", link);
}

function takeMessage(message) {
  if (held) {
    held.push(message);
    return;
  }
  if (message.seq <= newest) return;
  newest = message.seq;
  emit("message", message);
}

function takeScan(scan) {
  state.scans.set(scan.id, scan);
  emit("scan", scan);
}

function takeMachine(machine) {
  const isNew = !state.machines.has(machine.box_id);
  state.machines.set(machine.box_id, machine);
  if (isNew) emit("boxes");
  emit("machine", machine);
}

async function takeFaults(list) {
  for (const fault of list ?? (await quietly("/sim/faults")) ?? []) state.faults.set(fault.name, fault);
  emit("faults");
}

function takeClock(ahead) {
  state.ahead = Number(ahead);
  emit("clock", state.ahead);
}

async function loadBoxes() {
  const [machines, boxes] = await Promise.all([quietly("/desk/machines"), quietly("/sim/pos")]);
  state.machines = new Map((machines ?? []).map((machine) => [machine.box_id, machine]));
  const known = (boxes ?? []).filter((pos) => pos.external_id);
  state.boxes = new Map(known.map((pos) => [pos.external_id.toUpperCase(), pos]));
  emit("boxes");
  for (const machine of state.machines.values()) emit("machine", machine);
}

async function loadScans() {
  const scans = (await quietly("/sim/scans")) ?? [];
  for (const scan of scans.filter(({ state: shown }) => ["waiting", "amount"].includes(shown)).slice(-3)) takeScan(scan);
}

/** What is there, or null: a part that is not served is simply not shown. */
async function quietly(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? parse(await answer.text()) : null;
  } catch {
    return null;
  }
}

function startOver() {
  newest = 0;
  state.scans.clear();
  state.run = null;
  emit("cleared");
  loadBoxes();
}

/** Clear the view, not the server: rows, phones and steps begin anew. */
export function clearView() {
  state.scans.clear();
  emit("cleared");
}
