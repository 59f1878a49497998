// Tests of sms.mjs, against the `smsbridge mock` that SMS_URL names.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { NotSent, OutcomeUnknown, Refused, send } from './sms.mjs';

const control = `${process.env.SMS_URL}/_mock`;
const messages = async () => (await fetch(`${control}/messages`)).json();

beforeEach(() => fetch(`${control}/reset`, { method: 'POST' }));

test('a message arrives', async () => {
  const id = await send('+12025550123', 'Crème brûlée, 5 €');
  const [message] = await messages();
  assert.equal(message.id, id);
  assert.equal(message.recipient, '+12025550123');
  assert.equal(message.text, 'Crème brûlée, 5 €');
});

test('a busy provider took nothing', async () => {
  await assert.rejects(send('+447700900429', 'Hello'), NotSent);
  assert.deepEqual(await messages(), []);
});

test('a refusal says why', async () => {
  await assert.rejects(send('no number', 'Hello'), Refused);
  assert.deepEqual(await messages(), []);
});

test('a lost answer is not repeated', async () => {
  await assert.rejects(send('+447700900002', 'Hello'), OutcomeUnknown);
  assert.equal((await messages()).length, 1);
});
