/* SMS Aero's own SDK for Node. */

export async function send(job, need) {
  const { SmsAero } = need('smsaero');
  const { username, password } = job.credentials;
  const answer = await new SmsAero(username, password, job.sender).send(job.to.replace('+', ''), job.text);
  return answer.data.id;
}
