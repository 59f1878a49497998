// node lanes.js ADDRESS LANE TURNS: a suite that has a lane of a mock for itself
const [address, lane, turns] = process.argv.slice(2);

async function control(method, path, given) {
  const body = given && JSON.stringify(given);
  return (await fetch(`${address}/_mock/${path}?lane=${lane}`, { method, body })).json();
}

async function send(message) {
  const form = { apikey: `test-key-${lane}`, recipients: '+12025550123', message };
  const body = new URLSearchParams(form);
  return (await fetch(`${address}/sendsms/`, { method: 'POST', body })).status;
}

(async () => {
  for (let turn = 0; turn < turns; turn += 1) {
    await control('POST', 'reset');
    await control('POST', 'fault', { name: 'server-error:502', times: 1 });
    const statuses = [await send(`${lane} ${turn} a`), await send(`${lane} ${turn} b`)];
    const texts = (await control('GET', 'messages')).map((one) => one.text);
    const { requests } = await control('GET', 'requests');
    const seen = JSON.stringify([statuses, texts, requests.length]);
    const wanted = JSON.stringify([[502, 200], [`${lane} ${turn} a`, `${lane} ${turn} b`], 2]);
    if (seen !== wanted) throw new Error(`turn ${turn}: ${seen}`);
  }
  console.log(turns);
})();
