/* Melipayamak's own SDK for node, over SOAP: the order of the parts is its own. */

export async function send(job, need) {
  const MelipayamakApi = need('melipayamak');
  const { username, password } = job.credentials;
  const sms = new MelipayamakApi(username, password).sms('soap');
  const said = await sms.send(job.to.replace('+', ''), job.sender, job.text);
  return said.length > 3 && said;
}
