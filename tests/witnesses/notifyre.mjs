/* Notifyre's own SDK. */

export async function send(job, need) {
  const { NotifyreAPI, RecipientType } = need('notifyre-nodejs-sdk');
  const sms = new NotifyreAPI(job.credentials.api_token).getSmsService();
  const recipients = [{ type: RecipientType.SmsNumber, value: job.to }];
  return (await sms.submitSms({ body: job.text, recipients, from: job.sender })).success;
}
