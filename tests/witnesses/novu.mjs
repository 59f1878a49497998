/* Novu's providers: one adapter for all. `settings` has `provider`, the name of its folder, and
   `config`, what Novu is configured with: templates over the job. Their files are read one by one,
   so that the SDKs of the other providers need not be installed. */

export async function send(job, need) {
  const { provider, config } = job.settings;
  const values = { sender: job.sender, host: job.host, ...job.credentials };
  const filled = {};
  for (const [key, template] of Object.entries(config))
    filled[key] = template.replace(/{(\w+)}/g, (_, name) => values[name]);
  const folder = need.resolve('@novu/providers/package.json').replace('package.json', 'build/main/lib');
  const [Kind] = Object.values(need(`${folder}/${provider}/${provider}.provider.js`));
  const sent = await new Kind(filled).sendMessage({ to: job.to, content: job.text, from: job.sender });
  return { id: String(sent.id) }; // some of them read no id
}
