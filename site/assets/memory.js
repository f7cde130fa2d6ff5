// Keeps the figures of a page live: by server-sent events on /memory, by one
// request elsewhere. The page is complete without it. Formats as site/text.c.
'use strict';
const SAMPLES = 120, SAMPLE_S = 2;
const find = (q) => document.querySelector(q), all = (q) => [...document.querySelectorAll(q)];
const floor = Math.floor;
const group = (n) => n.toLocaleString('en-US');
const tenths = (n, unit) => Math.round((n * 10) / unit) / 10;
const bytes = (n) => (n < 1048576 ? tenths(n, 1024) + ' KiB' : tenths(n, 1048576) + ' MiB');
const ms = (ns) => (ns / 1e6).toFixed(2) + ' ms';
const share = (part, whole) => ((Math.round((part * 1e4) / whole) || 0) / 100).toFixed(2) + ' %';
const two = (n) => String(n).padStart(2, '0');
const uptime = (t) => {
  const s = floor(t / 1000);
  return floor(s / 3600) + ':' + two(floor(s / 60) % 60) + ':' + two(s % 60);
};

// What is known: the report of /memory.json, or its changing parts.
const m = { owners: [], pools: [], vm: {} };
const samples = [];
const used = () => m.ram_bytes - m.owners.at(-1).bytes; // the last one is nobody
const series = [
  (v) => group(v) + ' KiB',
  group,
  (v) => (v / SAMPLE_S < 100 ? (v / SAMPLE_S).toFixed(1) : group(floor(v / SAMPLE_S))),
  (v) => (v / 10).toFixed(1) + ' %',
];

const figures = () => ({
  ram: bytes(m.ram_bytes),
  used: bytes(used()),
  used_kib: series[0](floor(used() / 1024)),
  image: bytes(m.vm.image_bytes),
  boot: ms(m.vm.boot_listening_ns),
  uptime: uptime(m.vm.uptime_ms),
  requests: group(m.vm.requests_total),
  conns: group(m.vm.conns_now),
  conns_high: group(m.vm.conns_high_water),
  conns_total: group(m.vm.conns_total),
  stack: bytes(m.vm.stack_high_water_bytes),
  ...(samples.length && { rate: series[2](samples.at(-1)[2]), load: series[3](samples.at(-1)[3]) }),
});

function text(node, value) {
  if (node && value !== undefined && node.textContent !== value) node.textContent = value;
}

// Rows stand in the order of the report.
const found = (table) => all(`#${table} tbody tr`);
function rows(table, list, values) {
  found(table).forEach((row, i) => values(list[i]).forEach((v, k) => text(row.cells[k + 1], v)));
}

const set = (node, name, value) => node && node.setAttribute(name, value);
const units = (n) => floor((n * 1e5) / m.ram_bytes);

// Lays owners side by side along the bar of 100,000 units.
function bar() {
  let sum = 0;
  all('#bar-ram rect').forEach((rect, i) => {
    const x = units(sum);
    sum += m.owners[i].bytes;
    set(rect, 'x', x);
    set(rect, 'width', units(sum) - x);
  });
  set(find('.zoom polygon'), 'points', `0,0 ${units(used())},0 100000,10 0,10`);
}

function charts() {
  all('.charts figure').forEach((figure, k) => {
    const most = Math.max(...samples.map((s) => s[k]), 0);
    const at = SAMPLES - samples.length;
    const steps = samples.map((s, i) => `H${at + i}V${100 - floor((s[k] * 100) / (most || 1))}`);
    set(figure.querySelector('path'), 'd', `M${at} 100${steps.join('')}H120V100Z`);
    text(figure.querySelector('i'), series[k](most));
  });
}

function show() {
  const values = figures();
  for (const node of all('[data-v]')) text(node, values[node.dataset.v]);
  bar();
  charts();
  rows('owners', m.owners, (o) => [
    group(o.bytes),
    share(o.bytes, m.ram_bytes),
    group(o.high_water_bytes),
    group(o.refusals),
  ]);
  rows('pools', m.pools, (p) => [, group(p.used), group(p.high_water), , group(p.refusals)]);
  found('pools').forEach((row, i) => {
    const most = row.cells[4].textContent.replaceAll(',', '');
    set(row.querySelector('rect'), 'width', floor((m.pools[i].used * 1000) / most));
  });
}

const state = find('#state');
async function load() {
  const answer = await fetch('/memory.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error(answer.status);
  Object.assign(m, await answer.json());
  show();
}

// The server bounds its listeners: without a place, ask now and then.
function poll() {
  text(state, 'Updated every five seconds.');
  setInterval(() => load().catch(() => text(state, 'No answer from the machine.')), 5000);
}

// What this page took from the network, its head lines not counted.
function cost() {
  const got = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const sum = got.reduce((n, e) => n + e.encodedBodySize, 0);
  text(find('#cost'), `With style, script and icon it was ${got.length} requests and ${bytes(sum)}. `);
}

// Events carry the figures in the order of the report; "vm" ends an update.
function listen() {
  const source = new EventSource('/memory/events');
  const on = (name, take) => source.addEventListener(name, (event) => take(JSON.parse(event.data)));
  const put = (rows, names, into) =>
    rows.forEach((row, i) => into[i] && row.forEach((v, k) => (into[i][names[k]] = v)));
  m.owners = found('owners').map(() => ({}));
  m.pools = found('pools').map(() => ({}));
  on('samples', (list) => {
    samples.push(...list);
    samples.splice(0, samples.length - SAMPLES);
  });
  on('owners', (rows) => put(rows, ['bytes', 'high_water_bytes', 'refusals'], m.owners));
  on('pools', (rows) => put(rows, ['used', 'high_water', 'refusals'], m.pools));
  on('vm', (vm) => {
    m.vm = vm;
    m.ram_bytes = m.owners.reduce((n, o) => n + o.bytes, 0);
    show();
    text(state, 'Updated live.');
  });
  source.onopen = () => (samples.length = 0);
  source.onerror = () => {
    text(state, 'Reconnecting.');
    if (source.readyState === EventSource.CLOSED) poll();
  };
}

if (find('#bar-ram')) {
  listen();
  addEventListener('load', () => setTimeout(cost));
} else {
  load().then(() => find('#live').removeAttribute('hidden'), () => {});
}
