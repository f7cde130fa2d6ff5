// Shows the events of /clock/events: each holds Unix seconds.
'use strict';
const el = (id) => document.getElementById(id);
const source = new EventSource('/clock/events');

source.onmessage = (event) => {
  const iso = new Date(Number(event.data) * 1000).toISOString();
  el('time').textContent = iso.slice(11, 19);
  el('date').textContent = iso.slice(0, 10) + '.';
  if (el('state').textContent !== 'Connected.') el('state').textContent = 'Connected.';
};
source.onerror = () => {
  el('state').textContent =
    source.readyState === EventSource.CLOSED ? 'The server has no room for another listener.' : 'Reconnecting.';
};
