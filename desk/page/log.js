/** The wire as rows: a request with its answer is one row, and the same question with the same answer is counted, not repeated. */

const FOLDED = new Set(["GET", "PUT"]);
const VOLATILE = /"(?:server_time|next_poll_ms|updated_at)":\s*(?:"[^"]*"|\d+)/g;
const KEPT = 500;
/** A row further up than this is history: what comes again gets a row of its own, in its place. */
const NEAR = 30;

/** An empty log; `rows` are oldest first. */
export function openLog() {
  return { rows: [], open: new Map(), last: new Map(), next: 1 };
}

/** Take one message in, with the steps it is; returns {row, change, next, dropped}: "added" (before row `next`) or "changed", rows beyond the newest 500. */
export function take(log, message, labels = []) {
  if (message.kind === "act") {
    log.last.clear();
    return added(log, label({ ...begun(log, message), act: message }, labels));
  }
  if (message.kind === "request") return takeRequest(log, message, labels);
  return takeEnd(log, message, labels);
}

function label(row, labels) {
  for (const each of labels) row.labels.add(each);
  return row;
}

/** A row's question and answer, newest of a fold: {request, end}. */
export function newestOf(row) {
  return row.calls[row.calls.length - 1];
}

function begun(log, message) {
  return { id: log.next++, seq: message.seq, at: message.at, lastAt: message.at, count: 1, calls: [], act: null, labels: new Set(), box: null };
}

function takeRequest(log, message, labels) {
  const key = keyOf(message);
  const before = FOLDED.has(message.method) ? log.last.get(key) : undefined;
  if (before && newestOf(before).request.body === message.body && log.rows.indexOf(before) >= log.rows.length - NEAR) {
    log.open.set(message.exchange, { row: before, request: message, key, labels, isFolded: true });
    before.asking = message;
    return { row: before, change: "changed", dropped: [] };
  }
  const row = label({ ...begun(log, message), key }, labels);
  row.calls.push({ request: message, end: null });
  log.open.set(message.exchange, { row, request: message, key, labels, isFolded: false });
  if (FOLDED.has(message.method)) log.last.set(key, row);
  return added(log, row);
}

function takeEnd(log, message, labels) {
  const open = log.open.get(message.exchange);
  if (!open) return { row: null, change: "changed", dropped: [] };
  log.open.delete(message.exchange);
  const { row, request, key, isFolded } = open;
  if (row.asking === request) row.asking = null;
  if (!isFolded) {
    const call = row.calls.find((each) => each.request === request);
    call.end = message;
    label(row, labels);
    row.lastAt = message.at;
    return { row, change: "changed", dropped: [] };
  }
  const former = newestOf(row);
  if (log.last.get(key) === row && former.end && sameAnswer(former.end, message)) {
    row.count += 1;
    row.lastAt = message.at;
    row.calls = [{ request, end: message }];
    label(row, [...open.labels, ...labels]);
    return { row, change: "changed", dropped: [] };
  }
  const fresh = label({ ...begun(log, request), key, lastAt: message.at }, [...open.labels, ...labels]);
  fresh.calls.push({ request, end: message });
  log.last.set(key, fresh);
  return { ...added(log, fresh), also: row };
}

/** Rows are in the order of their requests: one that turns out not to fold takes its place among those that came after it. */
function added(log, row) {
  let at = log.rows.length;
  while (at > 0 && log.rows[at - 1].seq > row.seq) at -= 1;
  log.rows.splice(at, 0, row);
  const dropped = log.rows.length > KEPT ? log.rows.splice(0, log.rows.length - KEPT) : [];
  for (const each of dropped) if (log.last.get(each.key) === each) log.last.delete(each.key);
  return { row, change: "added", dropped, next: log.rows[log.rows.indexOf(row) + 1] ?? null };
}

function keyOf({ sender, receiver, method, url }) {
  return [sender, receiver, method, url].join("\u0000");
}

function sameAnswer(one, other) {
  const plain = (message) => message.body.replace(VOLATILE, "");
  return one.kind === other.kind && one.status === other.status && plain(one) === plain(other);
}
