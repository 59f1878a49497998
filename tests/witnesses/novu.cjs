/* Novu's providers: one adapter for all. A JSON line in for each message, a JSON line out, as
   worker.py does it; `settings` has `provider`, the name of its folder, and `config`, what Novu
   is configured with: templates over the job. Their files are read one by one, so that the SDKs
   of the other providers need not be installed. */

const readline = require('node:readline');

let providers, undici;
try {
    providers = require.resolve('@novu/providers/package.json').replace('package.json', 'build/main/lib');
    undici = require('undici');
    undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent()); // node's own fetch knows no proxy
} catch (error) {
    providers = '';
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
});

async function answer(job) {
    if (!providers) return { missing: '@novu/providers', install: 'make witnesses, with npm' };
    try {
        const client = made(job);
        const sent = await client.sendMessage({ to: job.to, content: job.text, from: job.sender });
        return { accepted: true, said: String(sent.id) }; // some of them read no id
    } catch (error) {
        return { accepted: false, said: String(error.stack) };
    }
}

function made(job) {
    const { provider, config } = job.settings;
    const values = { sender: job.sender, host: job.host, ...job.credentials };
    const filled = {};
    for (const [key, template] of Object.entries(config))
        filled[key] = template.replace(/{(\w+)}/g, (_, name) => values[name]);
    const [kind] = Object.values(require(`${providers}/${provider}/${provider}.provider.js`));
    return new kind(filled);
}
