/* Netgsm's own SDK for Node. */

export async function send(job, need) {
  const { Netgsm } = need('@netgsm/sms');
  const { username, password } = job.credentials;
  const messages = [{ msg: job.text, no: job.to.replace('+', '') }];
  return (await new Netgsm({ username, password }).sendRestSms({ msgheader: job.sender, messages })).jobid;
}
