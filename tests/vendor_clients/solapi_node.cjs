// npm solapi 6.0.1
'use strict';
const assert = require('node:assert/strict');
const { SolapiMessageService } = require('solapi');

const variables = {
  기관명: '나루의원', 환자명: '김하늘', 예약일: '12월 1일', 예약시간: '14:30', 진료과: '내과', 의사: '이바다',
};
const alimtalk = (to) => ({
  to, type: 'ATA', customFields: { alimi: `n-${to}` },
  kakaoOptions: { pfId: 'KA01PF-naru', templateId: 'KA01TP-REMIND01', variables, disableSms: true },
});

async function main() {
  const client = new SolapiMessageService('NCSSIMULATOR0001', 'sim-solapi-secret-0123456789abcd');
  const sent = await client.send(alimtalk('01000000000'), { showMessageList: true });
  assert.equal(sent.groupInfo.count.registeredSuccess, 1);
  const id = sent.messageList[0].messageId;
  let list = await client.getMessages({ messageId: id });
  assert.equal(list.messageList[id].statusCode, '2000');
  assert.equal(list.messageList[id].customFields.alimi, 'n-01000000000');
  await reports();
  list = await client.getMessages({ messageId: id });
  assert.equal(list.messageList[id].statusCode, '4000');

  const texts = await client.send([
    { to: '01000000001', from: '07000000001', text: '내일 14:30 예약입니다.' },
    { to: '01000000002', from: '07000000001', text: '가'.repeat(60), subject: '안내' },
  ]);
  assert.equal(texts.groupInfo.count.registeredSuccess, 2);
  const batch = await client.send(Array.from({ length: 50 }, (_, n) => alimtalk(`010000001${String(n % 10).padStart(2, '0')}`)), { allowDuplicates: true });
  assert.equal(batch.groupInfo.count.total, 50);

  // One of two is refused: the answer names it; all refused: the client throws.
  const wrong = { ...alimtalk('01000000003'), kakaoOptions: { ...alimtalk('x').kakaoOptions, templateId: 'KA01TP-NOTHING' } };
  const half = await client.send([alimtalk('01000000004'), wrong]);
  assert.equal(half.failedMessageList[0].statusCode, '1042');
  await assert.rejects(client.send(wrong));
  await assert.rejects(new SolapiMessageService('NCSSIMULATOR0001', 'wrong').getBalance(), /SignatureDoesNotMatch/);

  const later = await client.send(alimtalk('01000000005'), { scheduledDate: new Date(Date.now() + 864e5) });
  assert.equal((await client.removeReservationToGroup(later.groupInfo.groupId)).status, 'FAILED');
  const groups = await client.getGroups();
  assert.ok(Object.keys(groups.groupList).length >= 4);
  assert.equal((await client.getGroup(sent.groupInfo.groupId)).count.sentSuccess, 1);
  assert.equal(Object.keys((await client.getGroupMessages(sent.groupInfo.groupId)).messageList).length, 1);
  assert.equal((await client.getKakaoAlimtalkTemplate('KA01TP-REMIND01')).status, 'APPROVED');
  assert.ok((await client.getKakaoAlimtalkTemplates()).templateList.length >= 3);
  assert.equal((await client.getBalance()).balance, 100000);
  const journal = await globalThis.journal();
  assert.equal(journal.by_channel['solapi/alimtalk'].accepted, 53);
  assert.equal(journal.by_channel['solapi/lms'].accepted, 1);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
