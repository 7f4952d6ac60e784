// npm solapi: solapi_node.cjs MESSAGES BATCH. Its send() takes a message or a list of up to 10,000. Run with
// --require tests/vendor_clients/redirect.cjs, which leads it to the simulator.
'use strict';
const fs = require('node:fs');
const { SolapiMessageService } = require('solapi');

const [messages, batch] = process.argv.slice(2).map(Number);
const client = new SolapiMessageService('NCSSIMULATOR0001', 'sim-solapi-secret-0123456789abcd');
const values = { 기관명: '나루의원', 예약일: '12월 1일', 예약시간: '14:30', 진료과: '내과', 의사: '이바다' };

// A number of the simulator whose message is delivered: the last two digits choose what happens.
function recipient(number) {
  const ending = Math.floor(number / 100) % 60;
  const two = (n) => String(n).padStart(2, '0');
  return `0100000${two(number % 100)}${two(ending < 10 ? ending : ending + 40)}`;
}

const message = (number) => ({
  to: recipient(number), type: 'ATA', customFields: { alimi: `R-${String(number).padStart(9, '0')}` },
  kakaoOptions: {
    pfId: 'KA01PF-naru', templateId: 'KA01TP-REMIND01', variables: { ...values, 환자명: `김하늘${number}` }, disableSms: true,
  },
});

async function call(first, count) {
  const sent = await client.send(Array.from({ length: count }, (_, n) => message(first + n)), { allowDuplicates: true });
  if (sent.groupInfo.count.registeredSuccess !== count) throw new Error('not all were taken');
}

async function main() {
  let began = performance.now();
  await call(0, 1);
  const first = performance.now() - began;
  const took = [];
  const begun = performance.now();
  const used = process.cpuUsage();
  for (let number = 1; number <= messages; number += batch) {
    began = performance.now();
    await call(number, Math.min(batch, messages + 1 - number));
    took.push((performance.now() - began) * 1e3);
  }
  const seconds = (performance.now() - begun) / 1e3;
  const { user, system } = process.cpuUsage(used);
  took.sort((a, b) => a - b);
  const of = (part) => took[Math.floor((took.length - 1) * part)];
  const latency = { p50: of(0.5), p99: of(0.99), p999: of(0.999), mean: took.reduce((a, b) => a + b, 0) / took.length };
  const peak = Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);
  console.log(JSON.stringify({ messages, seconds, cpu_us: user + system, first_ms: first, call: latency, peak_kib: peak }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
