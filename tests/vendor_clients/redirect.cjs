// Loaded before a package (node --require): what it sends to its vendor's https address goes to the simulator instead. The
// package itself is as its vendor published it.
'use strict';
const http = require('node:http');
const https = require('node:https');
const simulator = new URL(process.env.SIMULATOR);
const vendors = new Set(['api.solapi.com', 'sens.apigw.ntruss.com', 'kakaoapi.aligo.in', 'apis.aligo.in']);

function known(host) {
  if (!vendors.has(host)) throw new Error(`a request to ${host}, which is no vendor's address`);
}

https.request = (options, listener) => {
  known(options.hostname || options.host);
  const { agent, agents, ...rest } = options;
  return http.request({ ...rest, protocol: 'http:', host: simulator.hostname, hostname: simulator.hostname, port: simulator.port }, listener);
};

const fetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input.url || input);
  known(url.hostname);
  return fetch(new URL(url.pathname + url.search, simulator), init);
};

// What the scripts share: reports become due, and the journal.
globalThis.reports = () => fetch(new URL('/control/clock', simulator), { method: 'POST', body: '{"advance_ms":61000}' });
globalThis.journal = async () => (await fetch(new URL('/control/journal', simulator))).json();
