/* Mailjet's own SDK. */

export async function send(job, need) {
  const mailjet = need('node-mailjet').smsConnect(job.credentials.token, { config: { version: 'v4' } });
  const fields = { From: job.sender, To: job.to, Text: job.text };
  return (await mailjet.post('sms-send').request(fields)).body.MessageID;
}
