// node soap.js WSDL KEY RECIPIENT TEXT
const soap = require('soap');

const [wsdl, apikey, recipients, message] = process.argv.slice(2);

async function send() {
  const client = await soap.createClientAsync(wsdl);
  try {
    const [result] = await client.sendSmsAsync({ recipients, message, apikey });
    const text = result.return.$value ?? result.return;
    console.log(JSON.parse(text).result.id);
  } catch (error) {
    const fault = error.root?.Envelope?.Body?.Fault;
    if (!fault) throw error;
    console.log(`SoapFault ${fault.faultcode}: ${fault.faultstring}`);
  }
}

send();
