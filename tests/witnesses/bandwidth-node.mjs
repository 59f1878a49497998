/* Bandwidth's own SDK of npm. */

export async function send(job, need) {
  const { Configuration, MessagesApi } = need('bandwidth-sdk');
  const { username, password, account_id, application_id } = job.credentials;
  const messages = new MessagesApi(new Configuration({ username, password }));
  const message = { applicationId: application_id, to: [job.to], from: job.sender, text: job.text };
  return (await messages.createMessage(account_id, message)).data.id;
}
