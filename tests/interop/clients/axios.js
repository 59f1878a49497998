// node axios.js ADDRESS KEY RECIPIENT TEXT
const axios = require('axios');

const [address, apikey, recipients, message] = process.argv.slice(2);

axios
  .post(`${address}/sendsms/`, { apikey, recipients, message })
  .then((response) => console.log(response.data.result.id));
