/* SMSGlobal's own SDK. */

export async function send(job, need) {
  const Smsglobal = need('smsglobal');
  const { api_key, api_secret } = job.credentials;
  const message = { origin: job.sender, destination: job.to, message: job.text };
  return (await new Smsglobal(api_key, api_secret).sms.send(message)).data;
}
