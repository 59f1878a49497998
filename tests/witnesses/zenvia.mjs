/* Zenvia's own SDK. */

export async function send(job, need) {
  const { Client, TextContent } = need('@zenvia/sdk');
  const channel = new Client(job.credentials.token).getChannel('sms');
  const to = job.to.replace('+', '');
  return (await channel.sendMessage(job.sender, to, new TextContent(job.text))).id;
}
