/* Sends by clients of npm: a JSON line in for each message, a JSON line out, as worker.py does it.
   A line names the adapter, CLIENT.mjs beside this file; its ``send`` is given the job, and what
   gives it a package from the folder that ``make witnesses`` fills, the first argument. */

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const need = createRequire(`${process.argv[2]}/`);
process.chdir(process.argv[2]); // a client may write a log where it is
for (const name of ['debug', 'error', 'info', 'log', 'warn']) console[name] = () => {};

async function answer(job) {
  try {
    const { EnvHttpProxyAgent, setGlobalDispatcher } = need('undici');
    setGlobalDispatcher(new EnvHttpProxyAgent()); // fetch takes no proxy from the environment
    const { send } = await import(new URL(`${job.client}.mjs`, import.meta.url));
    const said = await send(job, need);
    return { accepted: Boolean(said), said: JSON.stringify(said) ?? '' };
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') {
      return { missing: error.message.split('\n')[0], install: 'apt-get install npm; make witnesses' };
    }
    return { accepted: false, said: String(error.stack ?? JSON.stringify(error)) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
