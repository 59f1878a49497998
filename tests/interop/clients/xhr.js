// node xhr.js ADDRESS KEY RECIPIENT TEXT
const { XMLHttpRequest } = require('xmlhttprequest-ssl');

const [address, apikey, recipients, message] = process.argv.slice(2);
const xhr = new XMLHttpRequest();
xhr.open('POST', `${address}/sendsms/`, true);
xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
xhr.onreadystatechange = function () {
  if (xhr.readyState === 4 && xhr.status === 200) {
    console.log(JSON.parse(xhr.responseText).result.id);
  }
};
xhr.send(new URLSearchParams({ apikey, recipients, message }).toString());
