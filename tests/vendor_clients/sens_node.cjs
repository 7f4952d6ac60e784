// npm node-sens 1.3.0: it sends SMS and nothing else.
'use strict';
const assert = require('node:assert/strict');
const { NCPClient } = require('node-sens');

const login = {
  phoneNumber: '07000000001', serviceId: 'ncp:sms:kr:1000001:naru', secretKey: 'sim-sens-secret', accessKey: 'sim-sens-access',
};

async function main() {
  const client = new NCPClient(login);
  for (const to of ['01000000000', '01000000001']) {
    assert.deepEqual(await client.sendSMS({ to, content: '내일 예약입니다.' }), { success: true, status: 202, msg: 'Accepted' });
  }
  const stranger = new NCPClient({ ...login, secretKey: 'wrong' });
  assert.equal((await stranger.sendSMS({ to: '01000000000', content: 'x' })).status, 401);
  assert.equal((await client.sendSMS({ to: '01012345678', content: 'x' })).status, 400);
  await reports();
  const totals = await journal();
  assert.equal(totals.by_channel['sens/sms'].delivered, 2);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
