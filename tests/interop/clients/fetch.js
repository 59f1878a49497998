// node fetch.js ADDRESS KEY RECIPIENT TEXT
const [address, apikey, recipients, message] = process.argv.slice(2);

fetch(`${address}/sendsms/`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ apikey, recipients, message }),
})
  .then((response) => response.json())
  .then((data) => console.log(data.result.id));
