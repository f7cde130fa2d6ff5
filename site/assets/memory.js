// Keeps the figures of a page live: by server-sent events on /memory, by one
// request elsewhere. The page is complete without it. Formats as site/text.c.
'use strict';
const group = (n) => n.toLocaleString('en-US');
const tenths = (n, unit) => Math.round((n * 10) / unit) / 10;
const bytes = (n) => (n < 1048576 ? tenths(n, 1024) + ' KiB' : tenths(n, 1048576) + ' MiB');
const ms = (ns) => (ns / 1e6).toFixed(2) + ' ms';
const share = (part, whole) => ((Math.round((part * 1e4) / whole) || 0) / 100).toFixed(2) + ' %';
const two = (n) => String(n).padStart(2, '0');
const uptime = (t) => {
  const s = Math.floor(t / 1000);
  return Math.floor(s / 3600) + ':' + two(Math.floor(s / 60) % 60) + ':' + two(s % 60);
};

const figures = (m) => ({
  ram: bytes(m.ram_bytes),
  used: bytes(m.ram_bytes - m.owners.find((o) => o.name === 'free').bytes),
  image: bytes(m.vm.image_bytes),
  boot: ms(m.vm.boot_listening_ns),
  uptime: uptime(m.vm.uptime_ms),
  requests: group(m.vm.requests_total),
  conns: group(m.vm.conns_now),
  conns_high: group(m.vm.conns_high_water),
  conns_total: group(m.vm.conns_total),
  stack: bytes(m.vm.stack_high_water_bytes),
});

function text(node, value) {
  if (node && node.textContent !== value) node.textContent = value;
}

// Rows stand in the order of the report.
function rows(kind, list, values) {
  const found = document.querySelectorAll(`tr[data-${kind}]`);
  list.forEach((item, i) => {
    const cells = found[i] ? found[i].querySelectorAll('.r') : [];
    values(item).forEach((v, k) => text(cells[k], v));
  });
  return found;
}

// Lays owners side by side along a bar of 100,000 units.
function bar(id, owners, whole) {
  let sum = 0;
  for (const o of owners) {
    const x = Math.floor((sum * 1e5) / whole);
    sum += o.bytes;
    const rect = document.querySelector(`#${id} .o-${o.name}`);
    if (!rect) continue;
    rect.setAttribute('x', x);
    rect.setAttribute('width', Math.floor((sum * 1e5) / whole) - x);
  }
  return sum;
}

function show(m) {
  const values = figures(m);
  for (const node of document.querySelectorAll('[data-v]')) text(node, values[node.dataset.v]);
  const used = m.owners.filter((o) => o.name !== 'free');
  const sum = bar('bar-ram', used.concat(m.owners.filter((o) => o.name === 'free')), m.ram_bytes);
  if (sum !== m.ram_bytes) console.error('the owners do not add up to the RAM');
  const inUse = used.reduce((n, o) => n + o.bytes, 0);
  bar('bar-used', used, inUse);
  const zoom = document.querySelector('.zoom polygon');
  if (zoom) zoom.setAttribute('points', `0,0 ${Math.floor((inUse * 1e5) / m.ram_bytes)},0 100000,10 0,10`);
  rows('owner', m.owners, (o) => [
    group(o.bytes),
    share(o.bytes, m.ram_bytes),
    group(o.high_water_bytes),
    group(o.refusals),
  ]);
  const found = rows('pool', m.pools, (p) => [
    group(p.object_bytes),
    group(p.used),
    group(p.high_water),
    p.capacity === null ? 'RAM' : group(p.capacity),
    group(p.refusals),
  ]);
  m.pools.forEach((p, i) => {
    const rect = found[i] && found[i].querySelector('rect');
    if (rect) rect.setAttribute('width', Math.floor((p.used * 100) / p.capacity));
  });
}

const state = document.getElementById('state');
async function load() {
  const answer = await fetch('/memory.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error(answer.status);
  const m = await answer.json();
  show(m);
  return m;
}

// The server bounds its listeners: without a place, ask now and then.
function poll() {
  text(state, 'Updated every five seconds.');
  setInterval(() => load().catch(() => text(state, 'No answer from the machine.')), 5000);
}

// Events carry the figures in the order of the report; "vm" ends an update.
function listen(m) {
  const source = new EventSource('/memory/events');
  const on = (name, take) => source.addEventListener(name, (event) => take(JSON.parse(event.data)));
  const put = (rows, names, into) =>
    rows.forEach((row, i) => into[i] && row.forEach((v, k) => (into[i][names[k]] = v)));
  on('owners', (rows) => put(rows, ['bytes', 'high_water_bytes', 'refusals'], m.owners));
  on('pools', (rows) => put(rows, ['used', 'high_water', 'refusals'], m.pools));
  on('vm', (vm) => {
    m.vm = vm;
    show(m);
    text(state, 'Updated live.');
  });
  source.onerror = () => {
    text(state, 'Reconnecting.');
    if (source.readyState === EventSource.CLOSED) poll();
  };
}

if (document.getElementById('bar-ram')) load().then(listen, poll);
else load().then(() => document.getElementById('live').removeAttribute('hidden'), () => {});
