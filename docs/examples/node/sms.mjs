// What this service knows of SMS: one call over REST, and three ways in which it can end badly.
const { SMS_URL = 'https://api.smsmobileapi.com', SMS_KEY } = process.env;

export class NotSent extends Error {}
export class Refused extends Error {}
export class OutcomeUnknown extends Error {}

export async function send(recipients, message) {
  let status, answer;
  try {
    const response = await fetch(`${SMS_URL}/sendsms/`, {
      method: 'POST',
      body: new URLSearchParams({ apikey: SMS_KEY, recipients, message }),
      signal: AbortSignal.timeout(30_000),
    });
    status = response.status;
    answer = await response.json();
  } catch (cause) {
    throw new OutcomeUnknown('it may have been sent: never repeat it blindly', { cause });
  }
  if (status === 429) throw new NotSent('too many at once: a repeat is safe');
  if (status === 400 || status === 403) throw new Refused(answer.message);
  if (status !== 200 || answer.result?.sent !== '1') throw new OutcomeUnknown(`HTTP ${status}`);
  return answer.result.id;
}
