// npm aligoapi 1.1.3
'use strict';
const assert = require('node:assert/strict');
const aligo = require('aligoapi');

const kakao = { apikey: 'sim-aligo-key', userid: 'sim-aligo-user' };
const sms = { key: 'sim-aligo-key', user_id: 'sim-aligo-user' };
const ask = (body) => ({ headers: {}, body });
const text = '[나루의원] 진료 예약 안내\n\n김하늘 님의 예약을 알려 드립니다.\n\n▶ 일시: 12월 1일 14:30\n▶ 진료과: 내과\n▶ 의료진: 이바다\n\n'
  + '변경하거나 취소하시려면 병원으로 연락해 주세요.';
const alimtalk = (message, ...receivers) => ask({
  senderkey: 'sandbox-naru', tpl_code: 'REMIND01', sender: '07000000001',
  ...Object.fromEntries(receivers.flatMap((to, n) => [[`receiver_${n + 1}`, to], [`subject_${n + 1}`, '예약 안내'], [`message_${n + 1}`, message]])),
});

async function main() {
  const sent = await aligo.alimtalkSend(alimtalk(text, '01000000000'), kakao);
  assert.equal(sent.code, 0);
  await reports();
  let detail = await aligo.historyDetail(ask({ mid: String(sent.info.mid) }), kakao);
  assert.equal(detail.list[0].rslt, '0');
  const batch = await aligo.alimtalkSend(alimtalk(text, '01000000001', '01000000010', '01000000002'), kakao);
  assert.equal(batch.info.scnt, 3);
  const other = await aligo.alimtalkSend(alimtalk(`${text}!`, '01000000003'), kakao);
  await reports();
  detail = await aligo.historyDetail(ask({ mid: String(batch.info.mid) }), kakao);
  assert.deepEqual(detail.list.map((one) => one.rslt), ['0', '3019', '0']);
  detail = await aligo.historyDetail(ask({ mid: String(other.info.mid) }), kakao);
  assert.equal(detail.list[0].rslt, '3016');
  assert.equal((await aligo.historyList(ask({ page: '1', limit: '10' }), kakao)).list.length, 3);
  const templates = await aligo.templateList(ask({ senderkey: 'sandbox-naru' }), kakao);
  assert.equal(templates.list[0].templtCode, 'REMIND01');

  const short = await aligo.send(ask({ sender: '07000000001', receiver: '01000000004', msg: '내일 예약입니다.' }), sms);
  assert.equal(short.result_code, '1');
  const long = await aligo.send(ask({ sender: '07000000001', receiver: '01000000005', msg: '가'.repeat(60), title: '안내' }), sms);
  assert.equal(long.msg_type, 'LMS');
  const mass = await aligo.sendMass(ask({ sender: '07000000001', rec_1: '01000000006', msg_1: '하나', rec_2: '01000000007', msg_2: '둘', cnt: '2', msg_type: 'SMS' }), sms);
  assert.equal(mass.success_cnt, 2);
  await reports();
  assert.equal((await aligo.smsList(ask({ mid: short.msg_id }), sms)).list[0].sms_state, '발송완료');
  assert.equal((await aligo.list(ask({ page: '1', page_size: '10' }), sms)).list.length, 3);
  assert.equal((await aligo.remain(ask({}), sms)).result_code, '1');

  assert.equal((await aligo.alimtalkSend(alimtalk(text, '01000000000'), { ...kakao, apikey: 'wrong' })).code, -101);
  const unknown = alimtalk(text, '01000000000');
  unknown.body.tpl_code = 'NOTHING';
  assert.equal((await aligo.alimtalkSend(unknown, kakao)).code, -99);
  const totals = await journal();
  assert.equal(totals.by_channel['aligo/alimtalk'].accepted, 5);
  assert.equal(totals.by_channel['aligo/sms'].accepted, 3);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
