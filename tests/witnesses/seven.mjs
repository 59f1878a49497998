/* seven's own SDK. */

export async function send(job, need) {
  const { Client, SmsResource } = need('@seven.io/client');
  const sms = new SmsResource(new Client({ apiKey: job.credentials.api_key }));
  return (await sms.dispatch({ to: [job.to], from: job.sender, text: job.text })).messages[0].id;
}
