/* MessageMedia's own SDK. */

export async function send(job, need) {
  const { Configuration, Message, MessagesController, SendMessagesRequest } = need('messagemedia-messages-sdk');
  Configuration.basicAuthUserName = job.credentials.username;
  Configuration.basicAuthPassword = job.credentials.password;
  const message = new Message();
  Object.assign(message, { content: job.text, destinationNumber: job.to, sourceNumber: job.sender });
  const body = new SendMessagesRequest();
  body.messages = [message];
  return new Promise((done, fail) => {
    MessagesController.sendMessages(body, (error, answer) => (error ? fail(error) : done(answer)));
  });
}
