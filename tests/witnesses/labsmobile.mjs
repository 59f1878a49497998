/* LabsMobile's own SDK. */

export async function send(job, need) {
  const LabsMobileClient = need('labsmobile-sms/src/LabsMobileClient');
  const TextMessage = need('labsmobile-sms/src/LabsMobileModelTextMessage');
  const { username, password } = job.credentials;
  const message = new TextMessage([job.to.replace('+', '')], job.text);
  message.tpoa = job.sender;
  return (await new LabsMobileClient(username, password).sendSms(message)).subid;
}
