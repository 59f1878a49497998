/* sipgate's own SDK. */

export async function send(job, need) {
  const { createSMSModule, sipgateIO } = need('sipgateio');
  const { token_id, secret, sms_id } = job.credentials;
  const sms = createSMSModule(sipgateIO({ tokenId: token_id, token: secret }));
  await sms.send({ to: job.to, message: job.text, smsId: sms_id });
  return true;
}
