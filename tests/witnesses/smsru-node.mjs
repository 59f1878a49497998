/* node-sms-ru, a client of SMS.RU. */

export async function send(job, need) {
  const { SMSRu } = need('node-sms-ru');
  const client = new SMSRu(job.credentials.api_id);
  return (await client.sendSms({ to: job.to.replace('+', ''), msg: job.text, from: job.sender })).status === 'OK';
}
